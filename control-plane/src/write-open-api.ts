/** Writes the API's description to control-plane/open-api.json, which clients generate their types from: `npm run open-api`. */
import "reflect-metadata";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { AppModule } from "./app.module.ts";
import { prefixRoutes } from "./rest/configure-rest.ts";
import { describeApi } from "./rest/open-api.ts";

const path = fileURLToPath(new URL("../open-api.json", import.meta.url));

// A preview makes no provider: there is no database to connect to.
const app = await NestFactory.create<NestExpressApplication>(
  AppModule.with({
    replicaId: "00000000-0000-0000-0000-000000000000",
    dataDirectory: "/",
    databaseUrl: "",
    host: "127.0.0.1",
    port: 0,
    grpcHost: "127.0.0.1",
    grpcPort: 0,
    publicNames: [],
    largestArtifactBytes: 0,
    logLevel: "silent",
  }),
  { preview: true, logger: ["error"], abortOnError: false },
);
prefixRoutes(app);
await writeFile(path, `${JSON.stringify(describeApi(app), null, 2)}\n`);
