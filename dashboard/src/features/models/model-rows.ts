/** The rows of the table of models: filtered, and in groups. Pure. */
import type { ListedModel } from "../../api/types.ts";
import { notAudited } from "../audits/audit-words.ts";
import { describeEvidence, type EvidenceWords } from "./evidence-words.ts";

export interface ModelRow {
  readonly model: ListedModel;
  readonly evidence: EvidenceWords;
  /** Lower case: what the text filter looks in. */
  readonly text: string;
}

export const rowsOf = (models: readonly ListedModel[]): readonly ModelRow[] =>
  models.map((model) => ({
    model,
    evidence: describeEvidence(model),
    text: `${model.name} ${model.dataset ?? ""}`.toLocaleLowerCase(),
  }));

export interface ModelFilter {
  readonly text: string;
  readonly settings: readonly string[];
  readonly statuses: readonly string[];
  readonly dataset: string | undefined;
  /** All of these. */
  readonly tags: readonly string[];
  readonly reviews: readonly string[];
  /** Of the newest audit; "not audited" is one. */
  readonly verdicts: readonly string[];
}

export function filterRows(
  rows: readonly ModelRow[],
  { text, settings, statuses, dataset, tags, reviews, verdicts }: ModelFilter,
): ModelRow[] {
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    ({ model, text: own }) =>
      words.every((word) => own.includes(word)) &&
      (settings.length === 0 || settings.includes(model.setting)) &&
      (statuses.length === 0 || statuses.includes(model.status)) &&
      (dataset === undefined || model.dataset === dataset) &&
      (reviews.length === 0 || reviews.includes(model.review.status)) &&
      (verdicts.length === 0 ||
        verdicts.includes(model.audit?.verdict ?? notAudited)) &&
      tags.every((tag) => model.tags.includes(tag)),
  );
}

export const groupKeys = ["none", "dataset", "setting"] as const;
export type GroupKey = (typeof groupKeys)[number];

export type ListEntry<Row> =
  | { readonly kind: "group"; readonly name: string; readonly count: number }
  | { readonly kind: "row"; readonly row: Row; readonly index: number };

/** Groups in the order of their names, with the rows of each in the order given. */
export function groupRows<Row>(
  rows: readonly Row[],
  group: GroupKey,
  modelOf: (row: Row) => ListedModel,
): readonly ListEntry<Row>[] {
  if (group === "none")
    return rows.map((row, index) => ({ kind: "row", row, index }));
  const nameOf = (row: Row) => {
    const model = modelOf(row);
    return group === "dataset"
      ? (model.dataset ?? "no data set")
      : model.setting;
  };
  const groups = [...Map.groupBy(rows, nameOf)].sort(([a], [b]) =>
    a.localeCompare(b),
  );
  let index = 0;
  return groups.flatMap(([name, own]): ListEntry<Row>[] => [
    { kind: "group", name, count: own.length },
    ...own.map((row) => ({ kind: "row" as const, row, index: index++ })),
  ]);
}

/** @example "-evidence,name" is by evidence, largest first, then by name */
export const parseSorting = (
  text: string | undefined,
  columns: readonly string[],
): { id: string; desc: boolean }[] =>
  (text ?? "").split(",").flatMap((part) => {
    const desc = part.startsWith("-");
    const id = desc ? part.slice(1) : part;
    return columns.includes(id) ? [{ id, desc }] : [];
  });

export const sortingText = (
  sorting: readonly { readonly id: string; readonly desc: boolean }[],
): string => sorting.map(({ id, desc }) => `${desc ? "-" : ""}${id}`).join(",");
