/** Ctrl+C as an AbortSignal: the first stops and keeps what is done, the second leaves at once. */

/** Exit status of a command that a person stopped. */
export const stoppedStatus = 130;

/**
 * Runs `work` with a signal that SIGINT and SIGTERM abort.
 * @param say shows a line to the person
 */
export async function withStopSignal<T>(
  say: (line: string) => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(stoppedStatus);
    say("Stopping: what is done is kept. Press Ctrl+C again to stop at once.");
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}
