/** An audit as a shard: goes on after the last part that an earlier attempt handed over, and hands over its own. */
import { join } from "node:path";
import type { FoundEvidence } from "../audit/evidence.ts";
import type { Backend } from "../engine/index.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import { encodeAuditDocument } from "../report/parse-audit.ts";
import { auditClassifier } from "./audit-classifier.ts";
import { encodeParts, readParts } from "./audit-checkpoint.ts";
import { newHandover } from "./handover.ts";
import type { OpenData, OpenInputs, OpenModel } from "./open-inputs.ts";
import type { ShardContext } from "./shard-context.ts";
import type { AuditOutcome } from "./shard-outcome.ts";
import type { AuditWork } from "./shard-work.ts";
import { readReferences } from "./read-references.ts";
import { withModelAndData } from "./with-model-and-data.ts";
import { keyOfWork } from "./work-key.ts";

/** @throws MotifError whatever is wrong with the work or this node; the signal's reason when aborted */
export function runAuditShard(
  work: AuditWork,
  context: ShardContext,
  backend: Backend,
  inputs: OpenInputs,
): Promise<AuditOutcome> {
  return withModelAndData(work, context, inputs, (model, data) =>
    audit(work, context, backend, model, data),
  );
}

async function audit(
  work: AuditWork,
  context: ShardContext,
  backend: Backend,
  model: OpenModel,
  data: OpenData,
): Promise<AuditOutcome> {
  const { classifier } = model;
  const references = await readReferences(work.cleanAudits ?? [], {
    numClasses: classifier.numClasses,
    datasetDigest: data.dataset.digest,
  });
  const request = { ...work.request, ...(references && { references }) };
  // What a model is compared with decides which of its classes are searched at length: it is part of the key.
  const key = keyOfWork({ ...work, request }, model, data, backend);
  const handover = newHandover(context, (parts: readonly FoundEvidence[]) =>
    encodeParts(key, parts),
  );
  const warnings = [...classifier.warnings];
  let [done, total] = [0, 1];
  try {
    const audited = await auditClassifier(
      {
        classifier,
        modelName: work.model.name,
        dataset: data.dataset,
        datasetName: work.dataset.name,
        parts: data.parts,
        images: await data.images(),
      },
      request,
      backend,
      {
        signal: context.signal,
        now: () => context.now(),
        from: await readParts(context.checkpointPath, key),
        onPart: (parts) => handover.keep(parts),
        onWarning: (text) => warnings.push(text),
        onPlanned: (gradients) => (total = gradients),
        onGradients(count) {
          done += count;
          context.onProgress(Math.min(1, done / total));
        },
      },
    );
    const path = join(context.workDirectory, "audit.json");
    await writeFileAtomically(path, encodeAuditDocument(audited));
    const {
      timing: { auditMs },
      evidence: _,
      statistics: _statistics,
      ...summary
    } = audited;
    return { kind: "audit", document: path, summary, warnings, auditMs };
  } catch (error) {
    await handover.yield();
    throw error;
  }
}
