/** Ctrl+C: the first stops in good order, the second leaves at once. */

/** Exit status of a command that a person stopped. */
const stoppedStatus = 130;

/**
 * Runs a command's work with a signal that SIGINT and SIGTERM abort.
 * @param describeStop what to tell the person once `work` has let go: how to go on
 */
export async function runStoppable(
  work: (signal: AbortSignal) => Promise<void>,
  describeStop: () => string,
): Promise<void> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  // SIGTERM may come twice at once: to the process group, and passed on by the launcher.
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(stoppedStatus);
    stop();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", stop);
  try {
    await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", stop);
  }
  if (!controller.signal.aborted) return;
  process.stderr.write(`${describeStop()}\n`);
  process.exitCode = stoppedStatus;
}
