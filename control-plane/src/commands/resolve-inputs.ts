/** `--model` and `--dataset` of a search: names of what is registered, or files that are registered first. */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiDataset, ApiModel, ApiModelCheck } from "./api-types.ts";
import { awaitDataset, awaitModel, type Waiting } from "./await-check.ts";
import { registerDataset } from "./register-dataset.ts";
import { checkAgainst, registerModel } from "./register-model.ts";

export interface SearchInputs {
  readonly model: string;
  readonly manifest?: string | undefined;
  readonly dataset: string;
  readonly split?: string | undefined;
}

/**
 * Both as the server knows them, looked at by a node and found to fit.
 * @throws ControlPlaneError "not-found" where a name is neither registered nor a file; "conflict" where one is refused
 */
export async function resolveInputs(
  client: ApiClient,
  { model, manifest, dataset, split }: SearchInputs,
  waiting: Waiting,
): Promise<{
  readonly model: ApiModel;
  readonly dataset: ApiDataset;
  readonly check: ApiModelCheck;
}> {
  const data = await awaitDataset(
    client,
    await resolveDataset(client, dataset, split, waiting.say),
    waiting,
  );
  const found = await resolveModel(client, model, manifest, data, waiting.say);
  const check = await awaitModel(client, found, data, waiting);
  return { model: found, dataset: data, check };
}

async function resolveDataset(
  client: ApiClient,
  text: string,
  split: string | undefined,
  say: Waiting["say"],
): Promise<ApiDataset> {
  const known = await find<ApiDataset>(client, "datasets", text);
  if (known && split !== undefined && known.split !== split)
    throw new ControlPlaneError(
      "invalid",
      `--split ${split}: ${known.name} is registered with ${known.split ?? "its own"} split. Add it under another name: \`motif datasets add PATH --name NAME --split ${split}\`.`,
    );
  if (known) return known;
  if (!existsSync(text)) throw unknownInput("data set", text, "datasets");
  const name = basename(resolve(text));
  say(`${text}: added as data set ${name}.`);
  return registerDataset(client, { path: text, name, split });
}

async function resolveModel(
  client: ApiClient,
  text: string,
  manifestPath: string | undefined,
  dataset: ApiDataset,
  say: Waiting["say"],
): Promise<ApiModel> {
  const known = await find<ApiModel>(client, "models", text);
  if (known) return checkAgainst(client, known, dataset);
  if (!existsSync(text)) throw unknownInput("model", text, "models");
  const model = await registerModel(client, {
    path: text,
    manifestPath,
    dataset,
  });
  say(`${text}: registered as model ${model.name}.`);
  return model;
}

/** What is registered under a name; null where nothing is. */
async function find<T>(
  client: ApiClient,
  collection: string,
  name: string,
): Promise<T | null> {
  try {
    return await client.get<T>(
      `/api/${collection}/${encodeURIComponent(name)}`,
    );
  } catch (error) {
    // A path does not look like a name, and may be refused for that.
    const isUnknown =
      error instanceof ControlPlaneError &&
      (error.code === "not-found" || error.code === "invalid");
    if (isUnknown) return null;
    throw error;
  }
}

function unknownInput(
  what: string,
  text: string,
  command: string,
): ControlPlaneError {
  return new ControlPlaneError(
    "not-found",
    `there is no ${what} "${text}", and no such file. \`motif ${command} list\` shows what is registered.`,
  );
}
