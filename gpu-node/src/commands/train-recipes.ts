/** `motif train --print-recipes`: the trainings that a command line asks for, one for each combination of its sweeps and variants. */
import { Command } from "commander";
import { MotifError } from "../motif-error.ts";
import { readVariants, type Variant } from "./train-variants.ts";
import {
  addTrainOptions,
  commandLine,
  modelNameOf,
  recipeOf,
  type TrainOptions,
} from "./train-options.ts";

/** Of one job. */
const mostRuns = 1_000;

/**
 * Prints [{name, recipe, command}].
 * @param words of the command line behind "train"
 * @throws MotifError "usage" for a sweep that cannot be read, or too many models; what the options' own checks throw
 */
export function printRecipes(words: readonly string[]): void {
  const { sweeps, variants, rest } = takeSweeps(words);
  const count = sweeps.reduce(
    (all, { values }) => all * values.length,
    variants.length,
  );
  if (count > mostRuns)
    throw new MotifError(
      "usage",
      `--sweep: these are ${count} models, ${mostRuns} is the most of one job. Submit them in parts.`,
    );
  const runs = variants.flatMap((variant) =>
    combinationsOf(sweeps).map((chosen) => {
      const added = [
        ...variant.words,
        ...chosen.flatMap(({ option, value }) => [`--${option}`, value]),
      ];
      const { options, command } = parse([...rest, ...added]);
      const name = [
        modelNameOf(options),
        ...(variant.name === "" ? [] : [variant.name]),
        ...chosen.map(({ option, value }) => `${option}-${value}`),
      ].join("-");
      return {
        name,
        recipe: recipeOf(options, command),
        command: commandLine(["train", ...rest, ...added]),
      };
    }),
  );
  process.stdout.write(`${JSON.stringify(runs)}\n`);
}

interface Sweep {
  readonly option: string;
  readonly values: readonly string[];
}

/** Words that say where it runs, not what is trained. */
const ofTheRun = new Set(["--local", "--print-recipes"]);

/** Of a job without --variants: one that adds nothing. */
const plain: Variant = { name: "", words: [] };

function takeSweeps(words: readonly string[]): {
  readonly sweeps: readonly Sweep[];
  readonly variants: readonly Variant[];
  readonly rest: readonly string[];
} {
  const sweeps: Sweep[] = [];
  const rest: string[] = [];
  let variants: readonly Variant[] = [plain];
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === "--sweep") sweeps.push(readSweep(words[++i] ?? ""));
    else if (word.startsWith("--sweep="))
      sweeps.push(readSweep(word.slice("--sweep=".length)));
    else if (word === "--variants") variants = readVariants(words[++i] ?? "");
    else if (word.startsWith("--variants="))
      variants = readVariants(word.slice("--variants=".length));
    else if (!ofTheRun.has(word)) rest.push(word);
  }
  return { sweeps, variants, rest };
}

function readSweep(text: string): Sweep {
  const match = /^(?:--)?([a-z][a-z-]*)=(.+)$/.exec(text);
  const values = match?.[2].split(",").map((value) => value.trim()) ?? [];
  if (!match || values.some((value) => value === ""))
    throw new MotifError(
      "usage",
      `--sweep ${text}: an option and its values are expected, such as seed=0,1,2.`,
    );
  if (match[1] === "fine-tune")
    throw new MotifError(
      "usage",
      "--sweep fine-tune: all models of a job start from one. Submit a job for each.",
    );
  return { option: match[1], values };
}

function combinationsOf(
  sweeps: readonly Sweep[],
): readonly (readonly { readonly option: string; readonly value: string }[])[] {
  return sweeps.reduce<{ option: string; value: string }[][]>(
    (all, { option, values }) =>
      all.flatMap((chosen) =>
        values.map((value) => [...chosen, { option, value }]),
      ),
    [[]],
  );
}

function parse(words: readonly string[]): {
  readonly options: TrainOptions;
  readonly command: Command;
} {
  const command = addTrainOptions(new Command("train"))
    .exitOverride()
    .showHelpAfterError("(add --help for what there is)");
  command.parse(words, { from: "user" });
  return { options: command.opts<TrainOptions>(), command };
}
