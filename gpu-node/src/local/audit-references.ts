/** The clean models that a person names to compare others with: audited like them, into the folder `clean` beside theirs. */
import { join } from "node:path";
import {
  averageReferences,
  fewestReferences,
  namedAsClean,
  type References,
} from "../audit/references.ts";
import { MotifError } from "../motif-error.ts";
import type { ModelAudit } from "../report/audit.ts";
import { auditLocally, type LocalAudit } from "./audit-locally.ts";

/**
 * @param cleanPaths of the models
 * @throws MotifError "usage" where too few of them can be audited, their classes differ, or the method compares with nothing; as
 * auditLocally does
 */
export async function auditReferences(
  cleanPaths: readonly string[],
  job: LocalAudit,
  options: Parameters<typeof auditLocally>[1],
): Promise<References> {
  if (job.method !== "motif")
    throw new MotifError(
      "usage",
      "--clean: Neural Cleanse compares the classes of one model alone. Leave one of --clean and --method out.",
    );
  requireEnough(new Set(cleanPaths).size, "are named");
  const outDirectory = join(job.outDirectory, "clean");
  const audited = await auditLocally(
    { ...job, modelPaths: cleanPaths, outDirectory },
    options,
  );
  const audits = audited.flatMap((each) =>
    "audit" in each && each.audit.evidence.length > 0 ? [each.audit] : [],
  );
  requireEnough(audits.length, "could be audited");
  requireSameClasses(audits);
  return averageReferences(
    audits.map(({ model, evidence }) => ({
      numClasses: model.numClasses,
      perturbations: evidence,
    })),
    namedAsClean(audits.length),
  );
}

function requireEnough(count: number, what: string): void {
  if (count < fewestReferences)
    throw new MotifError(
      "usage",
      `--clean: only ${count} different clean models ${what}; ${fewestReferences} are needed to tell what is usual. Name more, or leave it out.`,
    );
}

function requireSameClasses(audits: readonly ModelAudit[]): void {
  const [first] = audits;
  const other = audits.find(
    ({ model }) => model.numClasses !== first.model.numClasses,
  );
  if (other)
    throw new MotifError(
      "usage",
      `--clean: ${first.model.name} has ${first.model.numClasses} classes and ${other.model.name} ${other.model.numClasses}. Name clean models of one kind.`,
    );
}
