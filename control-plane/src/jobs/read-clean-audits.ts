/** The clean models that an audit names, as the audits that they had: what the classes of the audited models are compared with. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import {
  fewestCleanModels,
  type AuditSpec,
  type CleanAudit,
} from "../shards/shard-spec.ts";
import { listComparableAudits } from "./list-audits.ts";
import { readNamedModels, type RegisteredModel } from "./read-named-models.ts";

/**
 * @param asked ids or names
 * @param audit what they are to be compared with: of the same data set and split
 * @returns in the order asked for
 * @throws ControlPlaneError "not-found" for a model that there is not, "invalid" where one is named twice, is among the audited ones, or
 *   the method compares with none, "conflict" naming all that have no audit
 */
export async function readCleanAudits(
  client: Queryable,
  asked: readonly string[],
  audit: {
    readonly method: AuditSpec["method"];
    readonly models: readonly RegisteredModel[];
    readonly dataset: { readonly id: string; readonly name: string };
    readonly split: string | null;
  },
): Promise<readonly CleanAudit[]> {
  if (audit.method !== "motif")
    throw new ControlPlaneError(
      "invalid",
      "clean: Neural Cleanse compares the classes of one model alone. Leave the clean models out, or audit by Motif's own method.",
    );
  const clean = await readNamedModels(client, asked);
  requireDifferent(clean);
  requireNoneAudited(clean, audit.models);
  const { dataset, split } = audit;
  const audits = await listComparableAudits(
    client,
    { datasetId: dataset.id, split },
    { modelIds: clean.map(({ id }) => id), limit: clean.length },
  );
  const documents = new Map(
    audits.map(({ modelId, judged }) => [modelId, judged!.document.sha256]),
  );
  const lacking = clean.filter(({ id }) => !documents.has(id));
  if (lacking.length > 0) throw withoutAudit(lacking, dataset.name, split);
  return clean.map(({ id, reference }) => ({
    model: reference.name,
    sha256: documents.get(id)!,
  }));
}

/** One file under two names counts once. */
function requireDifferent(clean: readonly RegisteredModel[]): void {
  const files = new Map<string, string>();
  for (const { reference } of clean) {
    const { name, sha256 } = reference;
    const same = files.get(sha256);
    if (same !== undefined)
      throw new ControlPlaneError(
        "invalid",
        `clean: "${same}" and "${name}" are the same file. Name ${fewestCleanModels} different clean models at least.`,
      );
    files.set(sha256, name);
  }
}

function requireNoneAudited(
  clean: readonly RegisteredModel[],
  audited: readonly RegisteredModel[],
): void {
  for (const { id, reference } of clean) {
    const same = audited.find(
      (each) => each.id === id || each.reference.sha256 === reference.sha256,
    );
    if (!same) continue;
    const { name } = reference;
    throw new ControlPlaneError(
      "invalid",
      `clean: "${name}" is ${same.id === id ? "itself audited" : `the file of "${same.reference.name}", which is audited`}, and cannot be compared with itself. Leave it out of the audited or of the clean models.`,
    );
  }
}

function withoutAudit(
  models: readonly RegisteredModel[],
  dataset: string,
  split: string | null,
): ControlPlaneError {
  const names = models.map(({ reference }) => `"${reference.name}"`);
  const options = `--dataset "${dataset}"${split === null ? "" : ` --split "${split}"`}`;
  return new ControlPlaneError(
    "conflict",
    `clean: ${names.join(", ")} ${names.length === 1 ? "has" : "have"} no audit on "${dataset}"${split === null ? "" : ` (${split})`} that can be compared with. ` +
      `Audit first: motif audit ${names.join(" ")} ${options}. A model whose numbers are not finite has none afterwards either: leave it out.`,
  );
}
