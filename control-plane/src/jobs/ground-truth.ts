/** A manifest's ground truth in the field order of gpu-node/src/data/manifest.ts: the database keeps fields in an order of its own. Pure. */

type Fields = Readonly<Record<string, unknown>>;

const topFields = ["status", "targetClass", "attackSuccessRate", "trigger"];
const triggerFields = ["description", "box", "image"];
const boxFields = ["top", "left", "height", "width"];

/** @returns null where the manifest states none */
export function orderGroundTruth(stated: unknown): unknown {
  if (!isFields(stated)) return null;
  const ordered = pick(stated, topFields);
  if (!isFields(ordered.trigger)) return ordered;
  const trigger = pick(ordered.trigger, triggerFields);
  return {
    ...ordered,
    trigger: isFields(trigger.box)
      ? { ...trigger, box: pick(trigger.box, boxFields) }
      : trigger,
  };
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const pick = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(
    names.filter((name) => name in fields).map((name) => [name, fields[name]]),
  );
