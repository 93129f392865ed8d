/** What clean models that a person names say of where suspicion begins among models of their kind. */
import { join } from "node:path";
import {
  fewestReferences,
  logOddsOf,
  suspectedAmong,
  type Calibration,
} from "../audit/calibration.ts";
import { MotifError } from "../motif-error.ts";
import { auditLocally, type LocalAudit } from "./audit-locally.ts";

/**
 * Audits them, into the folder `clean` beside the others.
 * @param cleanPaths of the models
 * @throws MotifError "usage" where too few of them can be judged, or the method gives no probability; as auditLocally does
 */
export async function calibrateLocally(
  cleanPaths: readonly string[],
  job: LocalAudit,
  options: Parameters<typeof auditLocally>[1],
): Promise<Calibration> {
  if (job.method !== "motif")
    throw new MotifError(
      "usage",
      "--clean sets where Motif's own probabilities are suspicious; Neural Cleanse has none. Leave one of --clean and --method out.",
    );
  requireEnough(cleanPaths.length, "are named");
  const audited = await auditLocally(
    {
      ...job,
      modelPaths: cleanPaths,
      outDirectory: join(job.outDirectory, "clean"),
    },
    options,
  );
  const probabilities = audited.flatMap((each) =>
    "audit" in each ? (each.audit.verdict.probability ?? []) : [],
  );
  requireEnough(probabilities.length, "have a probability");
  return {
    threshold: suspectedAmong(probabilities.map(logOddsOf)),
    source: `calibrated on ${probabilities.length} models that were named as clean`,
  };
}

function requireEnough(count: number, what: string): void {
  if (count < fewestReferences)
    throw new MotifError(
      "usage",
      `--clean: only ${count} of the clean models ${what}; ${fewestReferences} are needed to say how such models spread. Name more, or leave it out.`,
    );
}
