/** What tells a checkpoint of this work from one of other work. */
import { createHash } from "node:crypto";
import type { Backend } from "../engine/index.ts";
import type { OpenData, OpenModel } from "./open-inputs.ts";
import type { AuditWork, EvaluateWork } from "./shard-work.ts";

/** Of everything that the numbers which come of it depend on. */
export function keyOfWork(
  { kind, dataset, request }: AuditWork | EvaluateWork,
  model: OpenModel,
  data: OpenData,
  { name, provider }: Backend,
): string {
  const content = {
    kind,
    model: model.key,
    dataset: [data.dataset.digest, dataset.split],
    request,
    backend: [name, provider],
  };
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
