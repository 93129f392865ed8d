/** A collection as one page, complete in itself, without scripts, in light and dark. What is on it comes from outside: all is escaped. */
import type { ReviewEntry } from "../models/review.ts";
import { collectionColumns } from "./collection-columns.ts";
import {
  mostReviews,
  type Collection,
  type CollectionModel,
} from "./collection-model.ts";

export async function* writePage({
  filter,
  exportedAt,
  models,
}: Collection): AsyncGenerator<string> {
  const words = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${[value].flat().join(", ")}`);
  yield `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Models · Motif</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${style}</style></head><body>
<main><h1>Models</h1>
<p>Exported ${escape(exportedAt)}, ${words.length === 0 ? "all models" : `those that fit: ${escape(words.join("; "))}`}.</p>
<div class="scroller" tabindex="0" role="region" aria-label="Table of models"><table>
<thead><tr>${collectionColumns.map(({ title }) => `<th scope="col">${escape(title)}</th>`).join("")}<th scope="col">What was said</th></tr></thead>
<tbody>\n`;
  let count = 0;
  for await (const model of models) {
    count++;
    yield rowOf(model);
  }
  yield `</tbody></table></div>\n<p>${count} ${count === 1 ? "model" : "models"}. Of each, the newest ${mostReviews} reviews at most.</p></main>\n`;
}

function rowOf(model: CollectionModel): string {
  const cells = collectionColumns.map(({ valueOf }, column) => {
    const text = escape(textOf(valueOf(model)));
    return column === 0
      ? `<th scope="row"><bdi>${text}</bdi></th>`
      : `<td><bdi>${text}</bdi></td>`;
  });
  const said =
    model.reviews.length === 0
      ? ""
      : `<ul>${model.reviews.map(entryOf).join("")}</ul>`;
  return `<tr>${cells.join("")}<td class="said">${said}</td></tr>\n`;
}

function entryOf(entry: ReviewEntry): string {
  const { author, createdAt, status, comment, classIndex, pattern } = entry;
  const place =
    classIndex === null
      ? ""
      : pattern === null
        ? `, class ${classIndex}`
        : `, pattern of class ${classIndex}, canvas ${pattern.canvasIndex}, seed ${pattern.seed}`;
  const earlier = entry.isOfEarlierFile ? ", of an earlier file" : "";
  const head = `<b>${escape(author)}</b>, ${escape(createdAt)}${place}${earlier}${status === null ? "" : `: ${status}`}`;
  return `<li>${head}${comment === null ? "" : `<p>${escape(comment)}</p>`}</li>`;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  return Array.isArray(value) && value.every((one) => typeof one === "string")
    ? value.join(", ")
    : JSON.stringify(value);
}

const escapes: Readonly<Record<string, string>> = {
  ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;" },
  ...{ '"': "&quot;", "'": "&#39;" },
};
const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => escapes[character]!);

const style = `
:root{color-scheme:light dark;--line:#dfe3e8;--dim:#565e66;--paper:#fff;--ink:#1b1e22}
@media(prefers-color-scheme:dark){:root{--line:#363b41;--dim:#a6adb4;--paper:#17191c;--ink:#dfe3e8}}
body{margin:0;padding:24px;font:14px/1.5 system-ui,sans-serif;background:var(--paper);color:var(--ink)}
.scroller{overflow:auto;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;min-width:100%}
th,td{padding:8px 10px;border-bottom:1px solid var(--line);text-align:start;vertical-align:top;max-width:280px;overflow-wrap:anywhere}
th,td{min-width:90px}
.said{min-width:260px}
ul{margin:0;padding:0;list-style:none}
li p{margin:2px 0 8px;white-space:pre-wrap}
footer,main>p{color:var(--dim)}
code{overflow-wrap:anywhere}
`;
