/** What the operating system says, as one sentence that names the file and the mend. */
import { MotifError } from "../motif-error.ts";

const reasons: Record<string, string> = {
  ENOENT: "there is no such file or folder. Check the path.",
  EACCES: "it may not be read. Give yourself permission, or name a copy.",
  EPERM: "it may not be read. Give yourself permission, or name a copy.",
  EMFILE: "too many files are open. Raise the limit (ulimit -n).",
  ELOOP: "its links lead in a circle. Name the folder itself.",
};

export function isDiskFull(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

/**
 * Errors of the file system as a `MotifError`; any other, a `MotifError` or an abort among them, is given back as it is.
 * @param code "storage" where Motif was writing: then the place is one that the person can choose
 */
export function explainIoError(
  place: string,
  cause: unknown,
  code: "dataset" | "storage" = "dataset",
): unknown {
  const { code: reason, syscall } = cause as NodeJS.ErrnoException;
  if (isDiskFull(cause)) {
    return new MotifError(
      "storage",
      `${place}: the disk is full. Free some space, or name another --cache.`,
      { cause },
    );
  }
  if (syscall === undefined || reason === undefined) return cause;
  const known =
    code === "storage"
      ? `it cannot be written (${reason}). Name another --cache.`
      : (reasons[reason] ?? `it cannot be read (${reason}).`);
  return new MotifError(code, `${place}: ${known}`, { cause });
}
