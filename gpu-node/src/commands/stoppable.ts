/** Ctrl+C: the first stops and keeps what is done, the second leaves at once. */
import { MotifError } from "../motif-error.ts";
import type { Progress } from "./progress.ts";

/** Exit status of a command that a person stopped. */
const stoppedStatus = 130;

/**
 * Runs a command's work with a signal that SIGINT and SIGTERM abort.
 * @param describeStop what to tell the person once `work` has let go: how to go on
 */
export async function runStoppable(
  progress: Progress,
  work: (signal: AbortSignal) => Promise<void>,
  describeStop: () => string,
): Promise<void> {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) return;
    progress.line(
      "Stopping: what is done is kept. Press Ctrl+C again to stop at once.",
    );
    controller.abort();
  };
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
    if (!controller.signal.aborted || error instanceof MotifError) throw error;
  } finally {
    progress.finish();
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", stop);
  }
  if (!controller.signal.aborted) return;
  process.stderr.write(`${describeStop()}\n`);
  process.exitCode = stoppedStatus;
}
