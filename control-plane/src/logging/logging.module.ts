/** Structured logs for Nest's Logger and for requests: pino by way of nestjs-pino. Standard output stays free for what commands print. */
import type { DynamicModule } from "@nestjs/common";
import { LoggerModule } from "nestjs-pino";
import type { LogFn, Logger } from "pino";
import type { Configuration } from "../configuration/configuration.ts";
import { newLogStream } from "./log-stream.ts";

/** Every line names the replica; where a line is about a job, shard, lease or node it has the id under that name. */
export function newLoggingModule({
  logLevel,
  replicaId,
}: Configuration): DynamicModule {
  return LoggerModule.forRoot({
    pinoHttp: [
      {
        level: logLevel,
        base: { replicaId },
        hooks: { logMethod: quietenFramework },
        // Secrets are in headers; bodies are not logged at all.
        serializers: {
          req: ({ id, method, url }: LoggedRequest) => ({ id, method, url }),
          res: ({ statusCode }: LoggedResponse) => ({ statusCode }),
        },
        customLogLevel: (_request, { statusCode }, error) =>
          error || statusCode >= 500 ? "error" : "debug",
      },
      newLogStream(process.stderr),
    ],
  });
}

/** Contexts in which Nest tells at length how it puts itself together. */
const framework = new Set([
  "InstanceLoader",
  "NestApplication",
  "NestFactory",
  "RouterExplorer",
  "RoutesResolver",
  "WebSocketsController",
]);

/** Nest's own information is for who debugs; its warnings and errors are for everybody. */
function quietenFramework(
  this: Logger,
  parameters: Parameters<LogFn>,
  write: LogFn,
  level: number,
): void {
  const [about] = parameters as unknown[];
  const isFramework =
    typeof about === "object" &&
    about !== null &&
    "context" in about &&
    framework.has(String(about.context));
  if (isFramework && level === 30) this.debug(...parameters);
  else write.apply(this, parameters);
}

interface LoggedRequest {
  readonly id: unknown;
  readonly method: string;
  readonly url: string;
}

interface LoggedResponse {
  readonly statusCode: number;
}
