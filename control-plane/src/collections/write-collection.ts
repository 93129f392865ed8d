/**
 * A collection as a file. JSON and pages end in a line of their own with the SHA-256 of all lines before it, so that
 * `sed '$d' FILE | sha256sum` checks a file that has gone through many hands.
 */
import { createHash } from "node:crypto";
import { lineOfTable } from "../reports/table-line.ts";
import { collectionColumns } from "./collection-columns.ts";
import { mostReviews, type Collection } from "./collection-model.ts";
import { writePage } from "./write-page.ts";

export const exportFormats = ["csv", "json", "html"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** @yields text, in pieces of a model or so */
export function writeCollection(
  collection: Collection,
  format: ExportFormat,
): AsyncIterable<string> {
  switch (format) {
    case "csv":
      return writeTable(collection);
    case "json":
      return endWithDigest(
        writeDocument(collection),
        (sha256) => `,"sha256":"${sha256}"}\n`,
      );
    case "html":
      return endWithDigest(
        writePage(collection),
        (sha256) =>
          `<footer><p>SHA-256 of the lines before this one: <code>${sha256}</code></p></footer></body></html>\n`,
      );
  }
}

async function* writeTable({ models }: Collection): AsyncGenerator<string> {
  yield lineOfTable(collectionColumns.map(({ id }) => id));
  for await (const model of models)
    yield lineOfTable(
      collectionColumns.map(({ valueOf }) => cellOf(valueOf(model))),
    );
}

/** Lists with spaces between, what is more than that as JSON. */
function cellOf(value: unknown): string | number {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "string") return value;
  return Array.isArray(value) && value.every((one) => typeof one === "string")
    ? value.join(" ")
    : JSON.stringify(value);
}

async function* writeDocument({
  filter,
  exportedAt,
  models,
}: Collection): AsyncGenerator<string> {
  yield `{"format":"motif-collection","version":1,\n"exportedAt":${JSON.stringify(exportedAt)},"mostReviewsOfModel":${mostReviews},\n`;
  yield `"filter":${JSON.stringify(filter)},\n"models":[\n`;
  let isFirst = true;
  for await (const model of models) {
    const fields = collectionColumns.map(
      ({ id, valueOf }) => [id, valueOf(model)] as const,
    );
    const entry = { ...Object.fromEntries(fields), reviews: model.reviews };
    yield `${isFirst ? "" : ",\n"}${JSON.stringify(entry)}`;
    isFirst = false;
  }
  yield "\n]\n";
}

async function* endWithDigest(
  text: AsyncIterable<string>,
  lastLine: (sha256: string) => string,
): AsyncGenerator<string> {
  const hash = createHash("sha256");
  for await (const piece of text) {
    hash.update(piece);
    yield piece;
  }
  yield lastLine(hash.digest("hex"));
}
