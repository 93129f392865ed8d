import { Module } from "@nestjs/common";
import { NodesModule } from "../nodes/nodes.module.ts";
import { StorageModule } from "../storage/storage.module.ts";
import { RpcEdge } from "./rpc-edge.ts";

@Module({ imports: [NodesModule, StorageModule], providers: [RpcEdge] })
export class RpcModule {}
