/** `motif audit`: from the command line to verdicts about models that nobody here trained. */
import { Option, type Command } from "commander";
import { auditLocally, type LocalAudit } from "../local/audit-locally.ts";
import { auditReferences } from "../local/audit-references.ts";
import { MotifError } from "../motif-error.ts";
import { auditMethods, type AuditMethod } from "../report/audit.ts";
import { writeAuditOverview } from "../report/index.ts";
import { backendHelp, openBackend } from "./open-backend.ts";
import { numberWithin, wholeNumber } from "./options.ts";
import { formatSeconds, newProgress } from "./progress.ts";
import { runStoppable } from "./stoppable.ts";

interface AuditOptions {
  readonly local?: boolean;
  readonly model: readonly string[];
  readonly clean?: readonly string[];
  readonly dataset: string;
  readonly datasetName?: string;
  readonly split?: string;
  readonly out: string;
  readonly method: AuditMethod;
  readonly exhaustive?: boolean;
  readonly seed: number;
  readonly seeds: number;
  readonly threshold: number;
  readonly evaluateImages: number;
  readonly backend: string;
  readonly threads?: number;
  readonly cache?: string;
  readonly json?: boolean;
}

export function addAuditCommand(program: Command): void {
  program
    .command("audit")
    .description("say of each model whether a backdoor is suspected in it")
    .option("--local", "without a server, in this process")
    .requiredOption(
      "--model <files...>",
      "the models, .onnx files; the manifest of each is the .json beside it",
    )
    .option(
      "--clean <files...>",
      "clean models of the same kind, 3 at least: classes are compared with what they need in those",
    )
    .requiredOption(
      "--dataset <path>",
      "IDX, CIFAR binary, or a folder or .tar(.gz) with a folder of images a class",
    )
    .option("--dataset-name <name>", "what reports call it")
    .option(
      "--split <name>",
      "the split to use of a data set that has several (default: test, else val, else train)",
    )
    .option(
      "--out <folder>",
      "where verdicts, evidence and reports go",
      "motif-audit",
    )
    .addOption(
      new Option("--method <name>", "Motif's own, or the baseline")
        .choices(auditMethods)
        .default("motif"),
    )
    .option("--exhaustive", "search every class at length, skip nothing")
    .option("--seed <n>", "of everything that is random", wholeNumber(0), 0)
    .option(
      "--seeds <n>",
      "searches at length of a class, each from another start",
      wholeNumber(1),
      2,
    )
    .option(
      "--threshold <x>",
      "predictive power that k* asks for",
      numberWithin(0, 1),
      0.9,
    )
    .option(
      "--evaluate-images <n>",
      "most images that a finding is tried on",
      wholeNumber(1),
      400,
    )
    .option("--backend <name>", backendHelp, "auto")
    .option(
      "--threads <n>",
      "CPU threads (default: the machine's cores)",
      wholeNumber(1),
    )
    .option("--cache <folder>", "keep decoded data sets here between runs")
    .option("--json", "print the verdicts as JSON")
    .action(runAudit);
}

async function runAudit(options: AuditOptions): Promise<void> {
  if (!options.local)
    throw new MotifError(
      "usage",
      "a compute node's program audits in its own process: motif audit needs --local here. Add it and run it again.",
    );
  const now = () => performance.now();
  const began = now();
  const progress = newProgress(
    process.stderr,
    now,
    options.json === true && !process.stderr.isTTY,
  );
  const audit = async (signal: AbortSignal) => {
    const backend = await openBackend(options.backend, {
      threads: options.threads,
      onTrials: (line) => progress.line(line),
    });
    const job: LocalAudit = {
      modelPaths: options.model,
      datasetPath: options.dataset,
      datasetName: options.datasetName,
      split: options.split,
      outDirectory: options.out,
      method: options.method,
      seed: options.seed,
      seeds: options.seeds,
      isExhaustive: options.exhaustive === true,
      threshold: options.threshold,
      evaluateImages: options.evaluateImages,
      backend,
      cacheDirectory: options.cache,
    };
    const { clean = [] } = options;
    let isPlanned = false;
    const told = {
      ...{ signal, now },
      events: {
        onPhase: (name) => {
          if (name === "Reading the data set") progress.phase(name);
        },
        onWarning: (text) => progress.line(`Note: ${text}`),
        onDecoded: (done, total) => progress.count(done, total, "images"),
        onPlanned(gradients) {
          // Models of one data set cost about the same: what the first plans stands for all.
          if (isPlanned) return;
          isPlanned = true;
          progress.begin(gradients * (clean.length + job.modelPaths.length));
        },
        onGradients: (count: number) => progress.advance(count),
        onAudit: ({ model, verdict }, wasThere) =>
          progress.line(
            `${model.name}: ${verdict.verdict}${wasThere ? " (from before)" : ""}. ${verdict.reason}`,
          ),
        onRestated: ({ model, verdict, peers }) =>
          progress.line(
            `${model.name}: ${verdict.verdict}, beside ${peers ? `${peers.count} others of its architecture` : "no others"}. ${verdict.reason}`,
          ),
        onRefused: (path, error) =>
          progress.line(`${path}: refused. ${error.message}`),
      },
    } satisfies Parameters<typeof auditLocally>[1];
    const references =
      clean.length === 0 ? undefined : await auditReferences(clean, job, told);
    const audited = await auditLocally({ ...job, references }, told);
    progress.finish();
    const page = await writeAuditOverview(options.out, audited);
    const refused = audited.filter((each) => "refusal" in each).length;
    const count = (name: string) =>
      audited.filter(
        (each) => "audit" in each && each.audit.verdict.verdict === name,
      ).length;
    process.stdout.write(
      options.json
        ? `${JSON.stringify({
            out: options.out,
            report: page,
            models: audited.map((each) =>
              "audit" in each
                ? {
                    path: each.path,
                    model: each.audit.model,
                    verdict: each.audit.verdict,
                    cost: each.audit.cost,
                  }
                : each,
            ),
          })}\n`
        : `${audited.length} models: ${count("backdoor suspected")} suspected, ${count("no evidence found")} without evidence, ` +
            `${count("inconclusive")} inconclusive${refused > 0 ? `, ${refused} refused` : ""}, in ${formatSeconds((now() - began) / 1000)}.\nReport: ${page}\n`,
    );
    if (refused > 0) process.exitCode = 1;
  };
  await runStoppable(
    progress,
    audit,
    () => "Stopped. The same command goes on from here.",
  );
}
