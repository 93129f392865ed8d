/**
 * `--variants FILE`: models of one job that differ in more than one option. A line is a name and the options of that model, apart by
 * spaces; empty lines and what follows a # are passed over.
 */
import { readFileSync, statSync } from "node:fs";
import { MotifError } from "../motif-error.ts";

export interface Variant {
  readonly name: string;
  /** As on a command line. */
  readonly words: readonly string[];
}

const mostBytes = 2 ** 20;
const namePattern = /^[\w.-]{1,100}$/;

/** @throws MotifError "usage" naming file and line */
export function readVariants(path: string): Variant[] {
  const variants: Variant[] = [];
  readText(path)
    .split(/\r?\n/)
    .forEach((line, at) => {
      const [name, ...words] = line
        .replace(/#.*$/, "")
        .split(/\s+/)
        .filter((word) => word !== "");
      if (name === undefined) return;
      const place = `${path}, line ${at + 1}`;
      if (!namePattern.test(name))
        throw new MotifError(
          "usage",
          `${place}: a line begins with a name of letters, digits, ".", "_" and "-"; ${name} is none.`,
        );
      if (variants.some((variant) => variant.name === name))
        throw new MotifError(
          "usage",
          `${place}: ${name} is there twice. Give each model a name of its own.`,
        );
      variants.push({ name, words });
    });
  if (variants.length === 0)
    throw new MotifError(
      "usage",
      `${path}: it names no model. Write a line for each: a name and its options.`,
    );
  return variants;
}

function readText(path: string): string {
  try {
    if (statSync(path).size > mostBytes)
      throw new Error("it has more than 1 MiB");
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new MotifError(
      "usage",
      `--variants ${path}: it cannot be read (${(cause as Error).message}). A text file is expected, a line a model.`,
      { cause },
    );
  }
}
