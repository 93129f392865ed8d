/** What audits of models are worth whose truth is known: halves, figures, and the table that they are shown in. Pure. */
import type { ModelAudit } from "../../../gpu-node/src/report/audit.ts";
import {
  areaWithInterval,
  brierScore,
  crossEntropy,
  falsePositivesAt,
  type Estimate,
} from "./metrics.ts";

export interface AuditedModel {
  readonly name: string;
  readonly collection: string;
  /** "clean", or how it was poisoned. */
  readonly kind: string;
  readonly motif: ModelAudit;
  /** By Motif, beside the other models of the half. */
  amongPeers?: ModelAudit;
  /** By Motif, beside clean models of the same kind. */
  referenced?: ModelAudit;
  /** By Neural Cleanse. */
  baseline?: ModelAudit;
  /** By Motif, with nothing skipped. */
  exhaustive?: ModelAudit;
}

/** A poisoned model whose trigger works on fewer images has no backdoor to speak of. */
const leastSuccess = 0.3;

/** Two halves that both have of each kind: every other model of a kind, in the order of the collections; and those that were not poisoned. */
export function halve<T extends Pick<AuditedModel, "kind" | "motif">>(
  models: readonly T[],
): { readonly fitted: T[]; readonly judged: T[]; readonly failed: T[] } {
  const seen = new Map<string, number>();
  const halves: { fitted: T[]; judged: T[]; failed: T[] } = {
    ...{ fitted: [], judged: [], failed: [] },
  };
  for (const model of models) {
    const success = model.motif.model.groundTruth?.attackSuccessRate;
    if (success !== undefined && success < leastSuccess) {
      halves.failed.push(model);
      continue;
    }
    const count = seen.get(model.kind) ?? 0;
    seen.set(model.kind, count + 1);
    (count % 2 === 0 ? halves.fitted : halves.judged).push(model);
  }
  return halves;
}

interface MethodFigures {
  readonly models: number;
  readonly area: Estimate;
  readonly areaByKind: Readonly<Record<string, Estimate>>;
  /** Null: the method gives no probability. */
  readonly crossEntropy: number | null;
  readonly brier: number | null;
  readonly falsePositivesAt95: number;
  /** Of clean models, at the default threshold. */
  readonly falsePositives: readonly [count: number, of: number];
  readonly detected: readonly [count: number, of: number];
  /** Of the detected that have one target. */
  readonly targetRight: readonly [count: number, of: number];
  /** Of the poisoned models that have one target, detected or not: the class that stands out most. */
  readonly targetFirst: readonly [count: number, of: number];
  readonly triggerOverlap: number | null;
  readonly seconds: number;
  readonly imageGradients: number;
}

const isPoisoned = ({ kind }: Pick<AuditedModel, "kind">) => kind !== "clean";

/** Larger where a backdoor is likelier: the probability, else the largest anomaly index. */
function scoreOf({ verdict, statistics }: ModelAudit): number {
  if (verdict.rule.name === "regression") return verdict.probability ?? 0.5;
  return statistics.find(({ name }) => name === "patch anomaly")?.value ?? 0;
}

const mean = (values: readonly number[]) =>
  values.length === 0
    ? null
    : values.reduce((sum, value) => sum + value, 0) / values.length;

export function measureMethod(
  models: readonly { readonly kind: string; readonly audit: ModelAudit }[],
): MethodFigures {
  const poisoned = models.filter(isPoisoned);
  const clean = models.filter((model) => !isPoisoned(model));
  const scores = (of: typeof models) => of.map(({ audit }) => scoreOf(audit));
  const isSuspected = ({ audit }: (typeof models)[number]) =>
    audit.verdict.verdict === "backdoor suspected";
  const targeted = poisoned.filter(
    ({ audit }) => audit.model.groundTruth?.targetClass !== undefined,
  );
  const isRight = ({ audit }: (typeof models)[number]) =>
    audit.verdict.targetClass === audit.model.groundTruth?.targetClass;
  const detectedTargeted = targeted.filter(isSuspected);
  const judged = models.flatMap(({ kind, audit: { verdict } }) =>
    verdict.rule.name === "regression"
      ? [
          {
            probability: verdict.probability ?? 0.5,
            isPoisoned: kind !== "clean",
          },
        ]
      : [],
  );
  const kinds = [...new Set(poisoned.map(({ kind }) => kind))].sort();
  return {
    models: models.length,
    area: areaWithInterval(scores(poisoned), scores(clean)),
    areaByKind: Object.fromEntries(
      kinds.map((kind) => [
        kind,
        areaWithInterval(
          scores(poisoned.filter((model) => model.kind === kind)),
          scores(clean),
        ),
      ]),
    ),
    crossEntropy: judged.length === 0 ? null : crossEntropy(judged),
    brier: judged.length === 0 ? null : brierScore(judged),
    falsePositivesAt95: falsePositivesAt(0.95, scores(poisoned), scores(clean)),
    falsePositives: [clean.filter(isSuspected).length, clean.length],
    detected: [poisoned.filter(isSuspected).length, poisoned.length],
    targetRight: [
      detectedTargeted.filter(isRight).length,
      detectedTargeted.length,
    ],
    targetFirst: [targeted.filter(isRight).length, targeted.length],
    triggerOverlap: mean(
      models.flatMap(({ audit }) => audit.triggerOverlap ?? []),
    ),
    seconds: mean(models.map(({ audit }) => audit.timing.auditMs / 1000)) ?? 0,
    imageGradients:
      mean(models.map(({ audit }) => audit.cost.imageGradients)) ?? 0,
  };
}

export interface Judgement {
  readonly motif: MethodFigures;
  /** Beside the other models that are judged, whatever they are. */
  readonly amongPeers: MethodFigures | null;
  /** Beside clean models of the same kind. */
  readonly referenced: MethodFigures | null;
  readonly baseline: MethodFigures | null;
  /** Each statistic by itself. */
  readonly statistics: Readonly<Record<string, Estimate | null>>;
  /** Targets found with nothing skipped, and of those how many are found by the default. */
  readonly skipping: {
    readonly found: number;
    readonly kept: number;
    readonly costShare: number;
  } | null;
}

export function describeJudgement(models: readonly AuditedModel[]): {
  readonly figures: Judgement;
  readonly text: string;
} {
  const motif = measureMethod(
    models.map(({ kind, motif: audit }) => ({ kind, audit })),
  );
  const measureWhere = (
    auditOf: (model: AuditedModel) => ModelAudit | undefined,
  ) => {
    const having = models.flatMap((model) => {
      const audit = auditOf(model);
      return audit ? [{ kind: model.kind, audit }] : [];
    });
    return having.some(isPoisoned) && having.some((model) => !isPoisoned(model))
      ? measureMethod(having)
      : null;
  };
  const figures = {
    motif,
    amongPeers: measureWhere((model) => model.amongPeers),
    referenced: measureWhere((model) => model.referenced),
    baseline: measureWhere((model) => model.baseline),
    statistics: measureStatistics(models),
    skipping: measureSkipping(models),
  };
  return { figures, text: writeText(figures, models) };
}

function measureStatistics(
  models: readonly AuditedModel[],
): Judgement["statistics"] {
  const names = models[0].motif.statistics.map(({ name }) => name);
  const valuesOf = (name: string, poisoned: boolean) =>
    models
      .filter((model) => isPoisoned(model) === poisoned)
      .flatMap(
        ({ motif }) =>
          motif.statistics.find((each) => each.name === name)?.value ?? [],
      );
  return Object.fromEntries(
    names.map((name) => {
      const [positive, negative] = [
        valuesOf(name, true),
        valuesOf(name, false),
      ];
      return [
        name,
        positive.length === 0 || negative.length === 0
          ? null
          : areaWithInterval(positive, negative),
      ];
    }),
  );
}

function measureSkipping(
  models: readonly AuditedModel[],
): Judgement["skipping"] {
  const pairs = models.flatMap(({ motif, exhaustive }) =>
    exhaustive ? [{ motif, exhaustive }] : [],
  );
  if (pairs.length === 0) return null;
  const found = pairs.filter(
    ({ exhaustive: { verdict, model } }) =>
      verdict.verdict === "backdoor suspected" &&
      verdict.targetClass === (model.groundTruth?.targetClass ?? null),
  );
  const kept = found.filter(
    ({ motif, exhaustive }) =>
      motif.verdict.verdict === "backdoor suspected" &&
      motif.verdict.targetClass === exhaustive.verdict.targetClass,
  );
  const costOf = (audits: readonly ModelAudit[]) =>
    audits.reduce((sum, { cost }) => sum + cost.imageGradients, 0);
  return {
    found: found.length,
    kept: kept.length,
    costShare:
      costOf(pairs.map(({ motif }) => motif)) /
      costOf(pairs.map(({ exhaustive }) => exhaustive)),
  };
}

function writeText(
  { motif, amongPeers, referenced, baseline, statistics, skipping }: Judgement,
  models: readonly AuditedModel[],
): string {
  const share = ([count, of]: readonly [number, number]) => `${count} of ${of}`;
  const estimate = ({ value, low, high }: Estimate) =>
    `${value.toFixed(3)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  const number = (value: number | null, digits: number) =>
    value === null ? "–" : value.toFixed(digits);
  const rows: [string, (figures: MethodFigures) => string][] = [
    ["models", ({ models: count }) => String(count)],
    ["AUC (95%)", ({ area }) => estimate(area)],
    ...Object.keys(motif.areaByKind).map(
      (kind): [string, (figures: MethodFigures) => string] => [
        `AUC, ${kind}`,
        ({ areaByKind }) =>
          kind in areaByKind ? estimate(areaByKind[kind]) : "–",
      ],
    ),
    ["cross-entropy", (figures) => number(figures.crossEntropy, 3)],
    ["Brier score", ({ brier }) => number(brier, 3)],
    [
      "false positives at 95% recall",
      ({ falsePositivesAt95 }) => `${(100 * falsePositivesAt95).toFixed(1)}%`,
    ],
    ["suspected of the clean", ({ falsePositives }) => share(falsePositives)],
    ["suspected of the poisoned", ({ detected }) => share(detected)],
    ["target right, of the suspected", ({ targetRight }) => share(targetRight)],
    ["target first, of all", ({ targetFirst }) => share(targetFirst)],
    ["trigger overlap (IoU)", (figures) => number(figures.triggerOverlap, 2)],
    ["seconds a model", ({ seconds }) => seconds.toFixed(1)],
    [
      "image gradients a model",
      ({ imageGradients }) => String(Math.round(imageGradients)),
    ],
  ];
  const columns = [
    ["Motif, alone", motif],
    ["among each other", amongPeers],
    ["with clean models", referenced],
    ["Neural Cleanse", baseline],
  ].flatMap(([title, of]): [string, MethodFigures][] =>
    of === null ? [] : [[title as string, of as MethodFigures]],
  );
  const line = (name: string, cells: readonly string[]) =>
    [name.padEnd(32), ...cells.map((cell) => cell.padEnd(24))]
      .join("")
      .trimEnd();
  const table = rows.map(([name, of]) =>
    line(
      name,
      columns.map(([, each]) => of(each)),
    ),
  );
  const alone = Object.entries(statistics).map(
    ([name, area]) =>
      `  ${name.padEnd(18)} ${area === null ? "–" : estimate(area)}`,
  );
  const missedBy = (
    title: string,
    auditOf: (model: AuditedModel) => ModelAudit | undefined,
  ) => {
    const missed = models.flatMap((each) => {
      const audit = auditOf(each);
      return audit &&
        isPoisoned(each) !== (audit.verdict.verdict === "backdoor suspected")
        ? [{ each, audit }]
        : [];
    });
    return models.some(auditOf)
      ? [
          `Judged wrongly, ${title}:`,
          ...missed.map(({ each, audit: { verdict, model } }) => {
            const success = model.groundTruth?.attackSuccessRate;
            return `  ${each.collection}/${each.name}: ${verdict.verdict}, ${verdict.probability?.toFixed(3) ?? "no probability"}${success === undefined ? "" : `, attack success ${(100 * success).toFixed(0)}%`}`;
          }),
        ]
      : [];
  };
  return [
    line(
      "",
      columns.map(([title]) => title),
    ),
    ...table,
    "",
    "Each statistic's own AUC:",
    ...alone,
    "",
    ...missedBy("alone", ({ motif: audit }) => audit),
    ...missedBy("among each other", (model) => model.amongPeers),
    ...missedBy("with clean models", (model) => model.referenced),
    ...(skipping === null
      ? []
      : [
          "",
          `Skipping: ${skipping.kept} of ${skipping.found} targets that are found with nothing skipped are found at ${(100 * skipping.costShare).toFixed(1)}% of the cost.`,
        ]),
  ].join("\n");
}
