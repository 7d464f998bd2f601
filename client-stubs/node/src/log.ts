// The log: what happens where nobody asked to be told, on console.warn. Never a body.

/** One line. */
export function warn(sentence: string, error?: unknown): void {
  const cause = error instanceof Error ? `: ${error.stack ?? error.message}`
    : error === undefined ? "" : `: ${String(error)}`;
  console.warn(`amqp-sidecar: ${sentence}${cause}`);
}
