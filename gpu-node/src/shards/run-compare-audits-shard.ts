/**
 * The audits of a collection as a shard that judges each beside the others: documents in, those that say something else then out. All
 * are held at once, but only what is compared of them; those that change are read a second time.
 */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { MotifError } from "../motif-error.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import type { AuditDocument } from "../report/audit.ts";
import { encodeAuditDocument } from "../report/parse-audit.ts";
import { compareWithPeers } from "./compare-with-peers.ts";
import { readAuditDocument } from "./read-audit-document.ts";
import type { ShardContext } from "./shard-context.ts";
import type { ComparedAudit, CompareAuditsOutcome } from "./shard-outcome.ts";
import type { AuditFile, CompareAuditsWork } from "./shard-work.ts";

/** Of all documents together, less than which is held of them: a thousand models of ten classes have 180 MB. */
const mostBytesTogether = 1024 * 1024 * 1024;

/**
 * @throws MotifError "usage" naming the model whose document is none, or too large; "storage"; the signal's reason when aborted
 */
export async function runCompareAuditsShard(
  { audits }: CompareAuditsWork,
  context: ShardContext,
): Promise<CompareAuditsOutcome> {
  const { signal, workDirectory } = context;
  const began = context.now();
  const steps = 2 * audits.length;
  const known: AuditDocument[] = [];
  let bytes = 0;
  for (const audit of audits) {
    signal.throwIfAborted();
    const read = await readJudged(audit);
    bytes += read.bytes;
    if (bytes > mostBytesTogether)
      throw new MotifError(
        "usage",
        `the audits of these ${audits.length} models have more than ${mostBytesTogether} bytes. Submit the models in parts.`,
      );
    known.push(heldOf(read.document));
    context.onProgress(known.length / steps);
  }
  const compared = compareWithPeers(known);
  const changed: ComparedAudit[] = [];
  for (const [place, audit] of audits.entries()) {
    signal.throwIfAborted();
    context.onProgress((audits.length + place) / steps);
    if (isDeepStrictEqual(compared[place], known[place])) continue;
    const { document: whole } = await readJudged(audit);
    const restated = restate(whole, compared[place]);
    const path = join(workDirectory, `audit-${place}.json`);
    await writeFileAtomically(path, encodeAuditDocument(restated));
    const { evidence: _, statistics: _statistics, ...summary } = restated;
    changed.push({ place, document: path, summary });
  }
  return { kind: "compare-audits", changed, compareMs: context.now() - began };
}

const readJudged = ({ model, path }: AuditFile) =>
  readAuditDocument(path, `the audit of "${model}"`);

/** What is compared of a document: neither pictures nor intervals, nor who was moved from where. */
const heldOf = (audit: AuditDocument): AuditDocument => ({
  ...audit,
  evidence: audit.evidence.map((about) => ({
    ...about,
    anyOther: about.anyOther.map(withoutIntervals),
    screened: about.screened.map(withoutIntervals),
    finalists: about.finalists.map((finding) => ({
      ...withoutIntervals(finding),
      ...{ bySource: [], pictures: null },
    })),
  })),
});

type Answer = AuditDocument["evidence"][number][
  "anyOther" | "screened"][number];
const noInterval = [0, 1] as const;
const withoutIntervals = <A extends Pick<Answer, "curve">>(answer: A): A => ({
  ...answer,
  curve: answer.curve.map((point) => ({ ...point, wilson95: noInterval })),
});

/** @param compared what is held of `whole`, compared: of the evidence, the anomaly indices of classes are others */
const restate = (
  whole: AuditDocument,
  compared: AuditDocument,
): AuditDocument => ({
  ...compared,
  evidence: whole.evidence.map((about, i) => ({
    ...about,
    screened: about.screened.map((answer, j) => ({
      ...answer,
      anomalyIndex: compared.evidence[i].screened[j].anomalyIndex,
    })),
  })),
});
