/** Names for what the OpenAPI document describes in place. */
import type { paths } from "./generated/api.ts";

type Json<T> = T extends { content: { "application/json": infer Body } }
  ? Body
  : never;
type Answer<
  Path extends keyof paths,
  Method extends keyof paths[Path] = "get",
  Status extends number = 200,
> = paths[Path][Method] extends { responses: infer Responses }
  ? Status extends keyof Responses
    ? Json<Responses[Status]>
    : never
  : never;

export type Job = Answer<"/api/jobs/{id}">;
export type JobStatus = Job["status"];
export type Shard = Answer<"/api/jobs/{id}/shards">[number];
export type TrainedModel = Answer<"/api/jobs/{id}/models">[number];
export type Evaluation = Answer<"/api/jobs/{id}/evaluations">[number];
export type Audit = Answer<"/api/jobs/{id}/audits">[number];
export type Attempt = Answer<"/api/jobs/{id}/shards/{index}/attempts">[number];
export type Model = Answer<"/api/models/{idOrName}">;
export type ListedModel = Answer<"/api/models">[number];
export type Dataset = Answer<"/api/datasets/{idOrName}">;
export type Pattern = Answer<"/api/patterns/{id}">;
export type ApiToken = Answer<"/api/tokens">[number];
export type GpuNode = Answer<"/api/nodes">[number];
