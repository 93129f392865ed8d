/** Submits audits: one shard a model. */
import type { Caller } from "../auth/caller.ts";
import type { Database } from "../database/database.ts";
import type { AuditSettings, AuditSpec } from "../shards/shard-spec.ts";
import { submitForModels, type ModelsRequest } from "./submit-for-models.ts";

export interface AuditRequest extends ModelsRequest, AuditSettings {
  readonly backend: string;
}

/** @returns the job's id @throws as submitForModels does */
export function submitAudit(
  database: Database,
  request: AuditRequest,
  caller: Caller,
): Promise<string> {
  const { method, seed, seeds, isExhaustive } = request;
  const { threshold, evaluateImages, backend } = request;
  const settings = {
    ...{ method, seed, seeds, isExhaustive },
    ...{ threshold, evaluateImages, backend },
  } satisfies Partial<AuditSpec>;
  const what = { kind: "audit", title: "Audit", settings } as const;
  return submitForModels(database, what, request, caller);
}
