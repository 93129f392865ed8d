/** The clean models that somebody chooses to compare with, in words. Pure. */
import { formatCount } from "../../ui/format.ts";

export interface CleanModel {
  readonly id: string;
  readonly name: string;
}

/** With fewer, what is usual cannot be told from what is one model's. */
export const fewestCleanModels = 3;
/** That one audit takes. */
export const mostCleanModels = 100;

/** Names that are said; more are counted. */
const mostNames = 5;

/** What is chosen, and what is missing. @example "a, b. Choose at least 1 more." */
export function chosenWords(chosen: readonly CleanModel[]): string {
  if (chosen.length === 0)
    return `Choose at least ${fewestCleanModels}: fewer do not tell what is usual.`;
  const named = chosen.slice(0, mostNames).map(({ name }) => name);
  const further = chosen.length - named.length;
  const names = `${named.join(", ")}${further > 0 ? ` and ${formatCount(further)} more` : ""}`;
  const missing = fewestCleanModels - chosen.length;
  if (missing > 0) return `${names}. Choose at least ${missing} more.`;
  return chosen.length === mostCleanModels
    ? `${names}. More than ${formatCount(mostCleanModels)} cannot be compared with.`
    : `${formatCount(chosen.length)} chosen: ${names}.`;
}

/** What an audit's classes were compared with. @param count of clean models; 0: with each other alone */
export const besideWords = (count: number): string | null =>
  count === 0
    ? null
    : `Classes are compared with what they need in ${formatCount(count)} models that were named as clean.`;
