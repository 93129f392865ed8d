/** What a search by name offers. Pure. */

export interface Target {
  readonly name: string;
  readonly href: string;
}

export interface FoundGroup {
  readonly group: string;
  readonly found: readonly Target[];
}

export const pages: readonly Target[] = [
  { name: "Models", href: "/" },
  { name: "Compare", href: "/compare" },
  { name: "Data sets", href: "/datasets" },
  { name: "Jobs", href: "/jobs" },
  { name: "New job", href: "/new-job" },
  { name: "Add models", href: "/new-model" },
  { name: "Add a data set", href: "/new-dataset" },
  { name: "Nodes", href: "/nodes" },
  { name: "Settings", href: "/settings" },
];

/** Of each group. */
const mostFound = 7;

/** Those that have all words of a text in their name; names that begin with it first. Groups without any are left out. */
export function findTargets(
  text: string,
  groups: Readonly<Record<string, readonly Target[]>>,
): readonly FoundGroup[] {
  const wanted = text.trim().toLocaleLowerCase();
  const words = wanted.split(/\s+/).filter(Boolean);
  return Object.entries(groups).flatMap(([group, targets]) => {
    const begins: Target[] = [];
    const others: Target[] = [];
    for (const target of targets) {
      const name = target.name.toLocaleLowerCase();
      if (!words.every((word) => name.includes(word))) continue;
      (name.startsWith(wanted) ? begins : others).push(target);
      if (begins.length === mostFound) break;
    }
    const found = [...begins, ...others].slice(0, mostFound);
    return found.length === 0 ? [] : [{ group, found }];
  });
}
