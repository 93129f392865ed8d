/** Waits until what was registered has been looked at by a compute node, and says what a person has to do for that. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import type {
  ApiDataset,
  ApiModel,
  ApiModelCheck,
  ApiNode,
} from "./api-types.ts";
import { watchJob } from "./watch-job.ts";

export interface Waiting {
  readonly signal: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  readonly say: (line: string) => void;
}

/** @throws ControlPlaneError "conflict" where the data set is refused; the signal's reason */
export async function awaitDataset(
  client: ApiClient,
  dataset: ApiDataset,
  waiting: Waiting,
): Promise<ApiDataset> {
  if (dataset.status === "CHECKING" && dataset.jobId !== null)
    await awaitJob(client, dataset.jobId, dataset.name, waiting);
  const seen = await client.get<ApiDataset>(`/api/datasets/${dataset.id}`);
  if (seen.status === "READY") return seen;
  throw new ControlPlaneError(
    "conflict",
    `${dataset.name} is refused: ${seen.problem ?? "its inspection was cancelled. Add it again."}`,
  );
}

/**
 * @throws ControlPlaneError "conflict" where the model is refused; the signal's reason
 */
export async function awaitModel(
  client: ApiClient,
  model: ApiModel,
  dataset: ApiDataset,
  waiting: Waiting,
): Promise<ApiModelCheck> {
  const check = requireCheck(model, dataset);
  if (check.status === "CHECKING")
    await awaitJob(client, check.jobId, model.name, waiting);
  const seen = requireCheck(
    await client.get<ApiModel>(`/api/models/${model.id}`),
    dataset,
  );
  if (seen.status === "READY") return seen;
  throw new ControlPlaneError(
    "conflict",
    `${model.name} is refused: ${seen.problem ?? "its check was cancelled. Add it again."}`,
  );
}

export function findCheck(
  model: ApiModel,
  dataset: ApiDataset,
): ApiModelCheck | undefined {
  return model.checks.find((check) => check.dataset === dataset.name);
}

function requireCheck(model: ApiModel, dataset: ApiDataset): ApiModelCheck {
  const check = findCheck(model, dataset);
  if (check) return check;
  throw new ControlPlaneError(
    "not-found",
    `${model.name} was not held against ${dataset.name}. \`motif models add\` does it.`,
  );
}

/** A node that is there takes a check within this; milliseconds. */
const patienceMs = 5_000;

async function awaitJob(
  client: ApiClient,
  jobId: string,
  name: string,
  { signal, now, say }: Waiting,
): Promise<void> {
  const explain = async () => {
    const nodes = await client.get<readonly ApiNode[]>("/api/nodes");
    if (!nodes.some(({ status }) => status === "ONLINE"))
      say(
        `${name} waits for a compute node, and none is connected. \`motif node --control-plane HOST:PORT\` starts one.`,
      );
  };
  // Whether the server can be reached is said by the watch.
  const timer = setTimeout(() => void explain().catch(() => {}), patienceMs);
  try {
    await watchJob(client, jobId, { signal, now });
  } finally {
    clearTimeout(timer);
  }
  signal.throwIfAborted();
}
