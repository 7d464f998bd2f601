// Addresses: where a sidecar listens, in the forms that the stubs of all languages take, as a
// gRPC target.

/** Where the sidecar listens unless told otherwise. */
export const DEFAULT_ADDRESS = "unix:///run/amqp-sidecar/sidecar.sock";

const ACCEPTED = "unix:///path, /path, or host:port";
const HOST_PORT = /^(\[[0-9A-Fa-f:.%]+\]|[^\s:/[\]]+):([0-9]{1,5})$/;

/**
 * The gRPC target for `address`; without one, for the environment's `AMQP_SIDECAR_ADDR`, else for
 * {@link DEFAULT_ADDRESS}. Throws a TypeError that says what is accepted.
 */
export function targetOf(address?: string): string {
  const given = address ?? process.env["AMQP_SIDECAR_ADDR"];
  const text = given === undefined || given === "" ? DEFAULT_ADDRESS : given;
  const path = text.startsWith("unix://") ? text.slice("unix://".length) : text;
  if (path.startsWith("/") && path.length > 1) {
    return `unix://${path}`;
  }
  const match = HOST_PORT.exec(text);
  if (match !== null) {
    const port = Number(match[2]);
    if (port >= 1 && port <= 65535) {
      return `dns:${text}`;
    }
  }
  throw new TypeError(`no address of a sidecar: "${text}": it is ${ACCEPTED}`);
}
