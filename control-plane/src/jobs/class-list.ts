/** Lists of classes as people write them: `all`, `3`, `0,3-5`. The same as gpu-node/src/local/class-list.ts; test/planning/. */
import { ControlPlaneError } from "../control-plane-error.ts";

/** @returns class indices, ascending, none twice @throws ControlPlaneError "invalid" naming what is wrong and the classes there are */
export function parseClassList(text: string, numClasses: number): number[] {
  const refuse = (why: string): never => {
    throw new ControlPlaneError("invalid", `classes: ${text}: ${why}`);
  };
  const last = numClasses - 1;
  if (text.trim() === "all")
    return Array.from({ length: numClasses }, (_, index) => index);
  const chosen = new Set<number>();
  for (const piece of text.split(",")) {
    const match = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(piece);
    if (!match)
      return refuse(
        `"${piece}" is no class. Write all, or numbers and ranges such as 0,3-5.`,
      );
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (from > last || to > last)
      refuse(`the model has the classes 0 to ${last}.`);
    if (from > to)
      refuse(`"${piece.trim()}" runs backwards. Write ${to}-${from}.`);
    for (let index = from; index <= to; index++) chosen.add(index);
  }
  return [...chosen].sort((a, b) => a - b);
}
