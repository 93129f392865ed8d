/** What the demo searches: the paper's three settings, a natural model, one with a backdoor and one trained against an adversary, each by two kinds of canvas. Free canvases find what a class can be
 * made of at all, and so the trigger; natural ones show what the paper shows. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ApiClient } from "../api-client.ts";
import type { ApiDataset, ApiJob, ApiModel } from "../api-types.ts";
import { awaitDataset, awaitModel, type Waiting } from "../await-check.ts";
import { registerDataset } from "../register-dataset.ts";
import { registerModel } from "../register-model.ts";

const bundled = fileURLToPath(
  new URL("../../../../infra/demo/", import.meta.url),
);
const datasetName = "Fashion-MNIST sample";
const models = ["natural", "badnets", "adversarial"] as const;
/** The newest search is what the list of models goes by: that in which a trigger shows comes last. */
const sources = ["natural", "free"] as const;

export interface DemoSearch {
  /** Of the folder of its result. */
  readonly name: string;
  /** @example "natural model, free canvases" */
  readonly title: string;
  readonly job: ApiJob;
}

/**
 * Registers what is not there yet and submits what was not submitted yet, or did not succeed.
 * @throws ControlPlaneError as the server says; the signal's reason
 */
export async function submitDemoSearches(
  client: ApiClient,
  waiting: Waiting,
): Promise<readonly DemoSearch[]> {
  const datasets = await client.get<readonly ApiDataset[]>("/api/datasets");
  const dataset = await awaitDataset(
    client,
    datasets.find(({ name }) => name === datasetName) ??
      (await registerDataset(client, {
        path: join(bundled, "data"),
        name: datasetName,
      })),
    waiting,
  );
  const names = await registerModels(client, dataset, waiting);
  const submitted = await client.get<readonly ApiJob[]>("/api/jobs?limit=1000");
  const searches: DemoSearch[] = [];
  for (const [model, registered] of names) {
    for (const source of sources) {
      const title = `${model} model, ${source} canvases`;
      const name = `Demo: ${title}`;
      const known = submitted.find(
        (job) =>
          job.name === name &&
          job.status !== "CANCELLED" &&
          job.status !== "FAILED",
      );
      const job =
        known ??
        (await client.post<ApiJob>("/api/jobs", {
          kind: "search",
          name,
          model: registered,
          dataset: datasetName,
          classes: "all",
          preset: "default",
          steps: 300,
          canvases: 2,
          canvasSource: source,
          seed: 0,
          evaluateImages: 1000,
          threshold: 0.9,
        }));
      if (job.status === "PAUSED")
        await client.post<ApiJob>(`/api/jobs/${job.id}/resume`);
      searches.push({ name: `${model}-${source}`, title, job });
    }
  }
  return searches;
}

/** @returns the bundled models and the names they are registered under, each found to fit the data set */
async function registerModels(
  client: ApiClient,
  dataset: ApiDataset,
  waiting: Waiting,
): Promise<readonly (readonly [string, string])[]> {
  const added: (readonly [string, ApiModel])[] = [];
  for (const name of models) {
    const path = join(bundled, "models", `${name}.onnx`);
    added.push([name, await registerModel(client, { path, dataset })]);
  }
  for (const [, model] of added)
    await awaitModel(client, model, dataset, waiting);
  return added.map(([name, model]) => [name, model.name] as const);
}
