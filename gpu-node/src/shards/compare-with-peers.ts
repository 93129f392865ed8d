/** The audits of a collection once all are there: each is judged anew beside the others of its architecture. */
import type { Regression } from "../audit/combination.ts";
import type { Evidence } from "../audit/evidence.ts";
import {
  fittedRegression,
  referencedRegression,
} from "../audit/fitted-regression.ts";
import { usualAmongPeers } from "../audit/peers.ts";
import type { References } from "../audit/references.ts";
import {
  anomalyIndexByClass,
  computeStatistics,
  nameStatistics,
} from "../audit/statistics.ts";
import { judge, type Verdict } from "../audit/verdict.ts";
import type { AuditDocument } from "../report/audit.ts";

export interface PeerRegressions {
  readonly alone: Regression;
  readonly beside: Regression;
}

const shipped: PeerRegressions = {
  alone: fittedRegression,
  beside: referencedRegression,
};

/**
 * Pure, and of the evidence alone: what an audit was compared with before makes no difference. Audits by Neural Cleanse, of models whose numbers are not finite and of
 * architectures with too few models stay as they are.
 * @param audits none of which was compared with models that were named as clean
 * @returns in the same order
 */
export function compareWithPeers<Audit extends AuditDocument>(
  audits: readonly Audit[],
  regressions: PeerRegressions = shipped,
): Audit[] {
  const compared = [...audits];
  const kinds = Map.groupBy(audits.keys(), (at) => kindOf(audits[at]));
  for (const [kind, places] of kinds) {
    if (kind === null) continue;
    // Copies of a model say nothing of what is usual.
    const models = Map.groupBy(places, (at) => audits[at].model.sha256);
    const count = models.size - 1;
    const usual = usualAmongPeers(
      [...models.values()].map(([at]) => evidenceOf(audits[at])),
      `${count} other models of this collection with the same architecture`,
    );
    for (const [i, copies] of [...models.values()].entries()) {
      const references = usual[i];
      for (const at of copies)
        if (references)
          compared[at] = compare(audits[at], references, count, regressions);
        else if (audits[at].peers)
          compared[at] = standAlone(audits[at], regressions);
    }
  }
  return compared;
}

/** What peers have in common; null: it has none. */
function kindOf({ model, dataset, config, evidence }: AuditDocument) {
  return config.method !== "motif" ||
    evidence.length === 0 ||
    model.architecture === undefined
    ? null
    : JSON.stringify([
        model.architecture,
        model.numClasses,
        dataset.digest,
        config,
      ]);
}

const evidenceOf = ({ model, evidence }: AuditDocument): Evidence => ({
  numClasses: model.numClasses,
  perturbations: evidence,
});

function compare<Audit extends AuditDocument>(
  audit: Audit,
  references: References,
  count: number,
  regressions: PeerRegressions,
): Audit {
  const evidence = evidenceOf(audit);
  const { classes } = audit.dataset;
  const alone = judge(evidence, regressions.alone, classes);
  const beside = judge(evidence, regressions.beside, classes, references);
  const verdict = weigh(alone, beside);
  return {
    ...restate(audit, verdict, verdict === beside ? references : undefined),
    peers: { count, alone },
  };
}

/** Of the peers that it had before there are too few now. */
function standAlone<Audit extends AuditDocument>(
  audit: Audit,
  { alone }: PeerRegressions,
): Audit {
  const verdict = judge(evidenceOf(audit), alone, audit.dataset.classes);
  return { ...restate(audit, verdict), peers: undefined };
}

function restate<Audit extends AuditDocument>(
  audit: Audit,
  verdict: Verdict,
  references?: References,
): Audit {
  return {
    ...audit,
    verdict,
    statistics: nameStatistics(
      computeStatistics(evidenceOf(audit), references),
    ),
    evidence: audit.evidence.map((about) => {
      const indexOf = anomalyIndexByClass(about, references);
      return {
        ...about,
        screened: about.screened.map((answer) => ({
          ...answer,
          anomalyIndex: indexOf(answer.targetClass),
        })),
      };
    }),
  };
}

/**
 * Peers may share a backdoor, which then looks usual: a model that is suspected without them is not acquitted by them. But what all answer
 * to may be usual of their kind, and is no evidence against one of them.
 */
function weigh(alone: Verdict, beside: Verdict): Verdict {
  if (beside.verdict === "inconclusive") return alone;
  if (alone.verdict !== "backdoor suspected") return beside;
  if (beside.verdict === "backdoor suspected")
    return (beside.probability ?? 0) >= (alone.probability ?? 0)
      ? beside
      : alone;
  return {
    ...alone,
    verdict: "inconclusive",
    rule: beside.rule,
    probability: beside.probability,
    reason: `${alone.reason} But the other models of this collection answer alike: either they carry it too, or it is usual of their kind. Clean models to compare with would tell.`,
  };
}
