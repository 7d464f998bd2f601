// The log: what happens where nobody asked to be told, on console.warn. Never a body.

/** One entry, with what was thrown. */
export function warn(sentence: string, ...thrown: [error?: unknown]): void {
  let cause = "";
  if (thrown.length > 0) {
    const [error] = thrown;
    cause = error instanceof Error ? `: ${error.stack ?? error.message}` : `: ${typeof error}`;
    if (typeof error === "string") {
      cause = `: ${error}`;
    }
  }
  console.warn(`amqp-sidecar: ${sentence}${cause}`);
}
