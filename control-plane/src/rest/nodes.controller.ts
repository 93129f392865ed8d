import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
} from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { z } from "zod";
import type { Caller } from "../auth/caller.ts";
import { revokeCredential } from "../auth/node-credentials.ts";
import { DATABASE, type Database } from "../database/database.ts";
import { setNodeDrained } from "../nodes/drain-node.ts";
import { listNodes, type ListedNode } from "../nodes/list-nodes.ts";
import { Answers, AnswersProblems } from "./answers.ts";
import { FromCaller } from "./callers.ts";
import { NodeIdPipe } from "./node-id.ts";

export const listedNode: z.ZodType<ListedNode> = z.object({
  id: z.uuid(),
  name: z.string(),
  status: z.enum(["ONLINE", "DRAINING", "OFFLINE"]),
  slots: z.int().describe("Shards that it runs at once."),
  running: z.int().describe("Leases that it holds now."),
  backend: z.string().nullable(),
  provider: z.string().nullable(),
  threads: z.int().nullable(),
  version: z.string().nullable(),
  address: z.string().nullable(),
  memoryBytes: z.int().nullable().describe("Null where it does not say."),
  memoryUsedBytes: z
    .int()
    .nullable()
    .describe("By whatever runs on its machine; null while it is offline."),
  shardsPerMinute: z.number().describe("Over the last five minutes."),
  leases: z
    .array(
      z.object({
        jobId: z.uuid(),
        jobName: z.string(),
        shardIndex: z.int(),
        done: z.number().min(0).max(1),
        grantedAt: z.iso.datetime(),
      }),
    )
    .describe("What it is at, oldest first; of more than 100, the first."),
  isDrained: z
    .boolean()
    .describe("It was drained, and takes no work until that is undone."),
  isRevoked: z.boolean(),
  connectedAt: z.iso.datetime().nullable(),
  lastSeenAt: z.iso.datetime().nullable(),
});

@ApiTags("nodes")
@Controller("nodes")
export class NodesController {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Get()
  @Answers(200, z.array(listedNode), "Those that are there, then the others.")
  listNodes(): Promise<readonly ListedNode[]> {
    return listNodes(this.#database);
  }

  /** It finishes what it holds and takes nothing new, also when it connects again, until that is undone. */
  @Post(":id/drain")
  @HttpCode(204)
  @AnswersProblems()
  async drainNode(
    @Param("id", NodeIdPipe) id: string,
    @FromCaller() caller: Caller,
  ): Promise<void> {
    await setNodeDrained(this.#database, id, true, caller);
  }

  @Post(":id/undrain")
  @HttpCode(204)
  @AnswersProblems()
  async undrainNode(
    @Param("id", NodeIdPipe) id: string,
    @FromCaller() caller: Caller,
  ): Promise<void> {
    await setNodeDrained(this.#database, id, false, caller);
  }

  /** From now on the node is refused, until it joins anew. */
  @Delete(":id/credential")
  @HttpCode(204)
  async revokeCredential(
    @Param("id", NodeIdPipe) id: string,
    @FromCaller() caller: Caller,
  ): Promise<void> {
    await revokeCredential(this.#database, id, caller);
  }
}
