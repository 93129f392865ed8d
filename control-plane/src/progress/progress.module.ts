import { Module } from "@nestjs/common";
import { EventsGateway } from "./events-gateway.ts";

@Module({ providers: [EventsGateway] })
export class ProgressModule {}
