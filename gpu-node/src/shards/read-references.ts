/** What is usual of clean models, from the documents that their audits left: what a shard of an audit compares its model with. */
import {
  averageReferences,
  fewestReferences,
  namedAsClean,
  type References,
} from "../audit/references.ts";
import type { Evidence } from "../audit/evidence.ts";
import { MotifError } from "../motif-error.ts";
import { readAuditDocument } from "./read-audit-document.ts";
import type { AuditFile } from "./shard-work.ts";

/**
 * @param cleanAudits none: there is nothing to compare with
 * @param subject the model that is compared, and the content that it is audited on
 * @throws MotifError "usage" naming the clean model whose document is none, or of other classes, images or questions; "storage"
 */
export async function readReferences(
  cleanAudits: readonly AuditFile[],
  subject: { readonly numClasses: number; readonly datasetDigest: string },
): Promise<References | undefined> {
  if (cleanAudits.length === 0) return undefined;
  if (cleanAudits.length < fewestReferences)
    throw new MotifError(
      "usage",
      `only ${cleanAudits.length} clean models are named; ${fewestReferences} are needed to tell what is usual. Name more, or none.`,
    );
  const models: Evidence[] = [];
  // One after another, and without what nobody compares with: pictures are most of a document.
  for (const audit of cleanAudits)
    models.push(await readEvidence(audit, subject));
  return averageReferences(models, namedAsClean(models.length));
}

async function readEvidence(
  { model, path }: AuditFile,
  subject: Parameters<typeof readReferences>[1],
): Promise<Evidence> {
  const source = `the audit of the clean model "${model}"`;
  const refuse = (what: string) => new MotifError("usage", `${source} ${what}`);
  const { document } = await readAuditDocument(path, source);
  const { config, dataset, evidence, ...said } = document;
  const { numClasses } = said.model;
  if (config.method !== "motif")
    throw refuse(
      "is by Neural Cleanse, which compares the classes of one model alone. Audit it by Motif's own method.",
    );
  if (evidence.length === 0)
    throw refuse(
      "has no evidence: its numbers are not finite. Leave the model out.",
    );
  if (numClasses !== subject.numClasses)
    throw refuse(
      `is of ${numClasses} classes, the audited model has ${subject.numClasses}. Name clean models of the same kind.`,
    );
  if (dataset.digest !== subject.datasetDigest)
    throw refuse(
      "was made on other images. Audit it on the same data set and split.",
    );
  return {
    numClasses,
    perturbations: evidence.map((about) => ({ ...about, finalists: [] })),
  };
}
