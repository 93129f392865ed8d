/** `motif models tag` and `untag`: words on models, by which lists find them. */
import type { Command } from "commander";
import type { ApiClient } from "./api-client.ts";
import {
  clientOf,
  repeated,
  withClientFlags,
  type ClientFlags,
} from "./options.ts";
import { print } from "./print.ts";

interface TagFlags extends ClientFlags {
  readonly tag: readonly string[];
}

/** Most that REST changes at once. */
const mostAtOnce = 1_000;

export function addTagCommands(models: Command): void {
  for (const { name, meaning, keys, done } of [
    {
      name: "tag <models...>",
      meaning: "put tags on models",
      keys: "add",
      done: "tagged",
    },
    {
      name: "untag <models...>",
      meaning: "take tags off models",
      keys: "remove",
      done: "untagged",
    },
  ] as const)
    withClientFlags(models.command(name))
      .description(meaning)
      .requiredOption("--tag <tag>", "which; as often as you like", repeated)
      .action(async (names: readonly string[], flags: TagFlags) => {
        const client = clientOf(flags);
        const changed = await changeTags(client, names, {
          [keys]: flags.tag,
        });
        const of = `${changed} of ${names.length}`;
        print(flags, { changed }, `${of} ${done}; the others were so already.`);
      });
}

/**
 * @param models ids or names
 * @returns how many have other tags than before
 * @throws ControlPlaneError what the server refuses with
 */
export async function changeTags(
  client: ApiClient,
  models: readonly string[],
  change: { readonly add?: readonly string[]; remove?: readonly string[] },
): Promise<number> {
  let changed = 0;
  for (let from = 0; from < models.length; from += mostAtOnce) {
    const outcome = await client.post<{ readonly changed: number }>(
      "/api/models/tags",
      { models: models.slice(from, from + mostAtOnce), ...change },
    );
    changed += outcome.changed;
  }
  return changed;
}
