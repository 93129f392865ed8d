/**
 * The audits of a job as a folder: the layout that a local audit leaves, `<model>/audit.json` and audits.json. audits.json comes last, so that
 * a folder with one is whole.
 */
import { join } from "node:path";
import type { ApiClient } from "./api-client.ts";
import type { ApiAudit, ApiJob } from "./api-types.ts";
import { fetchArtifact, writeWhole } from "./download-file.ts";

/** Most that REST lists at once: a job's most models. */
const pageSize = 1_000;
/** Documents that are fetched side by side. */
const concurrency = 8;

export interface AuditsSummary {
  readonly audits: number;
  /** Models without a verdict. */
  readonly refused: number;
}

export const listJobAudits = (
  client: ApiClient,
  { id }: ApiJob,
): Promise<readonly ApiAudit[]> =>
  client.get<readonly ApiAudit[]>(`/api/jobs/${id}/audits?limit=${pageSize}`);

/** @throws ControlPlaneError what the server refuses with; "corrupt", "storage-full" */
export async function exportAudits(
  client: ApiClient,
  audits: readonly ApiAudit[],
  directory: string,
  onFile: (done: number, total: number) => void = () => {},
): Promise<AuditsSummary> {
  const folders = nameFolders(audits);
  const judged = audits.filter((each) => each.judged !== null);
  const waiting = judged.values();
  let done = 0;
  const work = async () => {
    for (const audit of waiting) {
      await writeAudit(client, audit, join(directory, folders.get(audit)!));
      onFile(++done, judged.length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const models = audits.map((audit) =>
    audit.judged
      ? { folder: folders.get(audit)! }
      : {
          path: audit.model,
          refusal: audit.problem ?? `It is ${audit.status.toLowerCase()}.`,
        },
  );
  await writeWhole(
    join(directory, "audits.json"),
    `${JSON.stringify({ schemaVersion: 1, models }, null, 2)}\n`,
  );
  return { audits: judged.length, refused: audits.length - judged.length };
}

/** The document with its time, which is no part of the artifact: the same audit is the same artifact. */
async function writeAudit(
  client: ApiClient,
  { judged }: ApiAudit,
  folder: string,
): Promise<void> {
  const { document, auditMs } = judged!;
  const path = join(folder, "audit.json");
  const bytes = await fetchArtifact(client, document.sha256, path);
  const content = JSON.parse(bytes.toString()) as object;
  await writeWhole(
    path,
    `${JSON.stringify({ ...content, timing: { auditMs } }, null, 2)}\n`,
  );
}

/** A folder a model, by its name; a number behind those that would be the same. */
function nameFolders(
  audits: readonly ApiAudit[],
): ReadonlyMap<ApiAudit, string> {
  const taken = new Set<string>();
  return new Map(
    audits.map((audit) => {
      const stem =
        audit.model.replace(/[^\w.-]+/g, "-").replace(/^\.+/, "") || "model";
      let name = stem;
      for (let i = 2; taken.has(name); i++) name = `${stem}-${i}`;
      taken.add(name);
      return [audit, name];
    }),
  );
}
