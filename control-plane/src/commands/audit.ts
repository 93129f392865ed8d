/** `motif audit`: submits audits of registered models, watches them, and ranks the models by suspicion. */
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiAudit, ApiJob, ApiModel } from "./api-types.ts";
import { exportAudits, listJobAudits } from "./export-audits.ts";
import { drawPages } from "./export.ts";
import { requireSucceeded } from "./job-outcome.ts";
import {
  numberWithin,
  repeated,
  wholeNumber,
  withClientFlags,
  type ClientFlags,
} from "./options.ts";
import { print } from "./print.ts";
import { submitAndWatch } from "./submit-and-watch.ts";
import { formatTable } from "./table.ts";

interface AuditFlags extends ClientFlags {
  readonly dataset: string;
  readonly tag?: readonly string[];
  readonly clean?: readonly string[];
  readonly split?: string;
  readonly method?: string;
  readonly exhaustive?: boolean;
  readonly seed?: number;
  readonly seeds?: number;
  readonly threshold?: number;
  readonly evaluateImages?: number;
  readonly backend?: string;
  readonly out?: string;
  readonly jobName?: string;
  readonly weight?: number;
  readonly watch: boolean;
}

export function addAuditCommand(program: Command): void {
  withClientFlags(program.command("audit"))
    .description(
      "say of each model whether a backdoor is suspected in it, on the cluster",
    )
    .argument("[model...]", "registered models")
    .option(
      "--tag <tag>",
      "in place of names: all models that have it; several: all of them",
      repeated,
    )
    .option(
      "--clean <models...>",
      "registered models of the same kind that you believe to be clean, 3 at least: classes are compared with what they need in those; " +
        "those without an audit on the data set are audited first",
    )
    .requiredOption("--dataset <name>", "a registered data set")
    .option(
      "--split <name>",
      "the split to audit on (default: as the data set was registered)",
    )
    .addOption(
      new Option(
        "--method <name>",
        "Motif's own, or the baseline (default: motif)",
      ).choices(["motif", "neural-cleanse"]),
    )
    .option("--exhaustive", "search every class at length, skip nothing")
    .option(
      "--seed <n>",
      "of everything that is random (default: 0)",
      wholeNumber(0),
    )
    .option(
      "--seeds <n>",
      "searches at length of a class, each from another start (default: 2)",
      wholeNumber(1, 100),
    )
    .option(
      "--threshold <x>",
      "predictive power that k* asks for (default: 0.9)",
      numberWithin(0, 1),
    )
    .option(
      "--evaluate-images <n>",
      "most images that a finding is tried on (default: 400)",
      wholeNumber(1),
    )
    .option("--backend <name>", "what computes (default: what each node chose)")
    .option(
      "--out <folder>",
      "write the audits with their evidence and pages, as motif export does",
    )
    .option("--job-name <text>", "what to call the job")
    .option(
      "--weight <n>",
      "its share of the cluster against other jobs (default: 1)",
      wholeNumber(1, 1000),
    )
    .option(
      "--no-watch",
      "submit it and leave (once clean models that lack an audit have one)",
    )
    .option(
      "--local",
      "without a server, in this process: motif audit --local --help shows its options",
    )
    .action(runAudit);
}

async function runAudit(
  models: readonly string[],
  flags: AuditFlags,
): Promise<void> {
  const { tag = [] } = flags;
  if (models.length > 0 === tag.length > 0)
    throw new ControlPlaneError(
      "invalid",
      models.length > 0
        ? "models are named and chosen by --tag: do one of the two."
        : "no model is named. Name registered models, or choose them with --tag.",
    );
  const { dataset, split, method, exhaustive, seed, seeds } = flags;
  const { threshold, evaluateImages, backend, weight } = flags;
  const { jobName: name, clean } = flags;
  const settings = {
    ...{ kind: "audit", dataset, split, isExhaustive: exhaustive },
    ...{ seed, seeds, threshold, evaluateImages, backend, weight },
  };
  await submitAndWatch(
    flags,
    async (client) => ({
      ...settings,
      models: models.length > 0 ? models : await listTagged(client, tag),
      ...{ method, clean, name },
    }),
    async (client, ended, signal) => {
      // Of a job that failed too: the other models have a verdict.
      await finish(client, ended, flags, signal);
      await requireSucceeded(client, ended);
    },
    async (client) => {
      const lacking = await listUnaudited(client, clean ?? [], flags);
      if (lacking.length === 0) return undefined;
      return {
        why: `${lacking.join(", ")}: clean, and without an audit on ${dataset} to compare with. ${lacking.length === 1 ? "It is" : "They are"} audited first.`,
        request: { ...settings, models: lacking },
      };
    },
  );
}

/** Those that nothing can be compared with yet. */
async function listUnaudited(
  client: ApiClient,
  models: readonly string[],
  { dataset, split }: Pick<AuditFlags, "dataset" | "split">,
): Promise<readonly string[]> {
  const lacking: string[] = [];
  for (const model of models) {
    const which = new URLSearchParams({ model, ...(split && { split }) });
    const found = await client.get<readonly ApiAudit[]>(
      `/api/datasets/${encodeURIComponent(dataset)}/audits?${which}`,
    );
    if (found.length === 0) lacking.push(model);
  }
  return lacking;
}

/** @throws ControlPlaneError "not-found" where no model has them all */
async function listTagged(
  client: ApiClient,
  tags: readonly string[],
): Promise<readonly string[]> {
  const asked = tags.join(",");
  const found = await client.get<readonly ApiModel[]>(
    `/api/models?tag=${encodeURIComponent(asked)}`,
  );
  if (found.length > 0) return found.map(({ id }) => id);
  throw new ControlPlaneError(
    "not-found",
    `No model has the tag ${asked}. motif models list shows tags.`,
  );
}

async function finish(
  client: ApiClient,
  job: ApiJob,
  flags: AuditFlags,
  signal: AbortSignal,
): Promise<void> {
  const audits = await listJobAudits(client, job);
  const ranked = rankBySuspicion(audits);
  let report: string | undefined;
  if (flags.out !== undefined) {
    const out = resolve(flags.out);
    await exportAudits(client, audits, out);
    ({ report } = await drawPages(out, signal));
  }
  print(
    flags,
    { jobId: job.id, ...(report !== undefined && { report }), models: ranked },
    `${tableOf(ranked)}${report === undefined ? "" : `\nReport: ${report}`}`,
  );
}

/** Those without a probability, or without a verdict, last; else in the order asked for. */
function rankBySuspicion(audits: readonly ApiAudit[]): readonly ApiAudit[] {
  const suspicion = ({ judged }: ApiAudit) =>
    judged === null ? -2 : (judged.probability ?? judged.anomalyIndex ?? -1);
  return audits.toSorted((a, b) => suspicion(b) - suspicion(a));
}

function tableOf(audits: readonly ApiAudit[]): string {
  const decimals = (value: number | null) => value?.toFixed(3) ?? "–";
  const rows = audits.map(({ model, judged, problem, status }) =>
    judged
      ? [
          model,
          judged.verdict,
          decimals(judged.probability),
          judged.targetClassName ?? "–",
          judged.perturbation ?? "–",
          judged.anomalyIndex?.toFixed(2) ?? "–",
          judged.pValue?.toPrecision(2) ?? "–",
          decimals(judged.cleanAccuracy),
        ]
      : [model, problem ?? status.toLowerCase(), ...Array<string>(6).fill("–")],
  );
  return formatTable(
    [
      ...["model", "verdict", "probability", "class", "answers to"],
      ...["anomaly index", "p", "clean accuracy"],
    ],
    rows,
  );
}
