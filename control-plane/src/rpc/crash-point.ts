/** For tests of faults: a process that dies at the worst moment, between a result's commit and its answer. */

/** @param nth which commit the process dies after; undefined: it lives */
export function newCrashPoint(nth: number | undefined): () => void {
  let commits = 0;
  return () => {
    commits++;
    if (commits === nth) process.kill(process.pid, "SIGKILL");
  };
}
