/** How much memory processes hold, looked at over time (Linux; elsewhere nothing is seen). */
import { readFile } from "node:fs/promises";

export interface MemoryWatch {
  /** @returns the most bytes that any one of the processes held at any one time since it was asked last; NaN where unknown */
  largest(): number;
  stop(): void;
}

/** @param pids asked each time: processes may come and go */
export function watchMemory(
  pids: () => readonly number[],
  everyMs = 250,
): MemoryWatch {
  let largest = NaN;
  const look = async () => {
    for (const pid of pids()) {
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(
        () => "",
      );
      const kib = Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]);
      if (!(kib * 1024 <= largest) && !Number.isNaN(kib)) largest = kib * 1024;
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  return {
    largest() {
      const value = largest;
      largest = NaN;
      return value;
    },
    stop: () => clearInterval(timer),
  };
}
