/** Submits audits: one shard a model, and one that compares them once all have ended. */
import type { Caller } from "../auth/caller.ts";
import type { Database } from "../database/database.ts";
import {
  fewestCompared,
  type AuditSettings,
  type AuditSpec,
} from "../shards/shard-spec.ts";
import { readCleanAudits } from "./read-clean-audits.ts";
import { submitForModels, type ModelsRequest } from "./submit-for-models.ts";

export interface AuditRequest extends ModelsRequest, AuditSettings {
  readonly backend: string;
  /** Ids or names of models that are believed to be clean. */
  readonly clean?: readonly string[] | undefined;
}

/** @returns the job's id @throws as submitForModels and readCleanAudits do */
export function submitAudit(
  database: Database,
  request: AuditRequest,
  caller: Caller,
): Promise<string> {
  const { method, seed, seeds, isExhaustive } = request;
  const { threshold, evaluateImages, backend, clean } = request;
  const settings = {
    ...{ method, seed, seeds, isExhaustive },
    ...{ threshold, evaluateImages, backend },
  } satisfies Partial<AuditSpec>;
  // Neural Cleanse judges each model by its own classes alone; beside clean models, those say what is usual.
  const isCompared =
    method === "motif" && !clean && request.models.length >= fewestCompared;
  return submitForModels(
    database,
    {
      ...{ kind: "audit", title: "Audit", settings, isCompared },
      ...(clean && {
        async beside(client, inputs) {
          const cleanAudits = await readCleanAudits(client, clean, {
            ...{ method, ...inputs },
          });
          return {
            settings: { cleanAudits } satisfies Partial<AuditSpec>,
            parameters: { clean: cleanAudits.map(({ model }) => model) },
          };
        },
      }),
    },
    request,
    caller,
  );
}
