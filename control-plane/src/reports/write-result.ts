/** result.json of a job, as `motif export` writes it, a pattern at a time. */
import type { JobResult } from "../jobs/result.ts";

/** The bytes of `JSON.stringify(result, null, 2)` and a line's end. */
export async function* writeResultFile({
  head,
  tail,
  patterns,
}: JobResult): AsyncGenerator<string> {
  const frame = JSON.stringify({ ...head, patterns: [], ...tail }, null, 2);
  // Of the outermost object alone: what lies deeper is indented further, and no string has a line's end in it.
  const [before = "", after = ""] = frame.split(/(?<=\n {2}"patterns": )\[\]/);
  yield `${before}[`;
  let separator = "\n    ";
  for await (const pattern of patterns()) {
    yield (
      separator + JSON.stringify(pattern, null, 2).replaceAll("\n", "\n    ")
    );
    separator = ",\n    ";
  }
  yield `\n  ]${after}\n`;
}
