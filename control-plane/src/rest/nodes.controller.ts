import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
} from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { validate } from "uuid";
import { z } from "zod";
import type { Caller } from "../auth/caller.ts";
import { revokeCredential } from "../auth/node-credentials.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import { DATABASE, type Database } from "../database/database.ts";
import { listNodes, type ListedNode } from "../nodes/list-nodes.ts";
import { Answers } from "./answers.ts";
import { FromCaller } from "./callers.ts";

const listedNode: z.ZodType<ListedNode> = z.object({
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

  /** From now on the node is refused, until it joins anew. */
  @Delete(":id/credential")
  @HttpCode(204)
  async revokeCredential(
    @Param("id") id: string,
    @FromCaller() caller: Caller,
  ): Promise<void> {
    if (!validate(id))
      throw new ControlPlaneError(
        "not-found",
        `There is no node ${id}. GET /api/nodes shows what there is.`,
      );
    await revokeCredential(this.#database, id, caller);
  }
}
