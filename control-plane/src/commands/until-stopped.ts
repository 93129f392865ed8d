/** SIGINT and SIGTERM for a server: the first asks it to stop, a second ends it at once. */

/** One Ctrl+C may come as several signals: from the terminal, and passed on by the launcher. */
const togetherMs = 300;

/** Exit status of a process that was not let to stop in its own time. */
const endedStatus = 130;

/** Listens from now on. @returns resolves at the first signal */
export function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let first: number | undefined;
  const stop = () => {
    const now = performance.now();
    if (first !== undefined && now - first > togetherMs)
      process.exit(endedStatus);
    first ??= now;
    resolve();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return promise;
}
