/** Options that commands share, and numbers refused with the option's name before any work starts. */
import { InvalidArgumentError, Option, type Command } from "commander";
import { defaultUrl, newApiClient, type ApiClient } from "./api-client.ts";

export interface ClientFlags {
  readonly url: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** Adds --url, --token and --json to a command that talks to a control plane. */
export function withClientFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--url <address>", "the control plane")
        .env("MOTIF_URL")
        .default(defaultUrl),
    )
    .addOption(
      new Option("--token <secret>", "what to be let in with").env(
        "MOTIF_TOKEN",
      ),
    )
    .option("--json", "print JSON");
}

/** @param signal stops its requests */
export function clientOf(flags: ClientFlags, signal?: AbortSignal): ApiClient {
  return newApiClient({ url: flags.url, token: flags.token, signal });
}

/** A whole number of at least `least`. */
export function wholeNumber(
  least = 0,
  most = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(
        most === Number.MAX_SAFE_INTEGER
          ? `a whole number from ${least} is expected.`
          : `a whole number from ${least} to ${most} is expected.`,
      );
    }
    return value;
  };
}

/** An option that may be given several times. */
export const repeated = (
  text: string,
  earlier: readonly string[] = [],
): readonly string[] => [...earlier, text];

/** A number from `low` to `high`. */
export function numberWithin(
  low: number,
  high: number,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= low && value <= high))
      throw new InvalidArgumentError(
        `a number from ${low} to ${high} is expected.`,
      );
    return value;
  };
}
