/** What an export says of each model: an entry here is a column of the table, a field of the JSON and a column of the page. Pure. */
import type { CollectionModel } from "./collection-model.ts";

export interface CollectionColumn {
  /** Of the field; the table's heading too. */
  readonly id: string;
  /** On the page. */
  readonly title: string;
  readonly valueOf: (model: CollectionModel) => unknown;
}

export const collectionColumns: readonly CollectionColumn[] = [
  { id: "name", title: "Name", valueOf: ({ model }) => model.name },
  { id: "id", title: "Id", valueOf: ({ model }) => model.id },
  { id: "sha256", title: "SHA-256", valueOf: ({ model }) => model.sha256 },
  {
    id: "dataset",
    title: "Data set",
    valueOf: ({ model }) => model.dataset,
  },
  {
    id: "datasetDigest",
    title: "Digest of the data set",
    valueOf: ({ datasetDigest }) => datasetDigest,
  },
  { id: "tags", title: "Tags", valueOf: ({ model }) => model.tags },
  {
    id: "cleanAccuracy",
    title: "Clean accuracy",
    valueOf: ({ model }) => model.cleanAccuracy,
  },
  {
    id: "groundTruth",
    title: "Stated ground truth",
    valueOf: ({ groundTruth }) => groundTruth ?? null,
  },
  {
    id: "verdict",
    title: "Verdict",
    valueOf: ({ model }) => model.audit?.verdict ?? null,
  },
  {
    id: "suspectedClass",
    title: "Class",
    valueOf: ({ model }) => model.audit?.targetClassName ?? null,
  },
  {
    id: "probability",
    title: "Probability of a backdoor",
    valueOf: ({ model }) => model.audit?.probability ?? null,
  },
  {
    id: "pValue",
    title: "p",
    valueOf: ({ model }) => model.audit?.pValue ?? null,
  },
  {
    id: "auditedAt",
    title: "Audited at",
    valueOf: ({ model }) => model.audit?.judgedAt ?? null,
  },
  {
    id: "evidenceSha256",
    title: "Digest of the evidence",
    valueOf: ({ model }) => model.audit?.documentSha256 ?? null,
  },
  {
    id: "reviewStatus",
    title: "Review",
    valueOf: ({ model }) => model.review.status,
  },
  {
    id: "reviewedBy",
    title: "Reviewed by",
    valueOf: ({ model }) => model.review.author,
  },
  {
    id: "reviewedAt",
    title: "Reviewed at",
    valueOf: ({ model }) => model.review.at,
  },
];
