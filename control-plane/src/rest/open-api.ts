/** The OpenAPI document at /api/docs-json and its pages at /api/docs, drawn from the same zod schemas that validate. */
import type { NestExpressApplication } from "@nestjs/platform-express";
import {
  DocumentBuilder,
  SwaggerModule,
  type OpenAPIObject,
} from "@nestjs/swagger";
import { z } from "zod";

export function describeApi(app: NestExpressApplication): OpenAPIObject {
  const facts = new DocumentBuilder()
    .setTitle("Motif")
    .setDescription(
      "Data sets, models, jobs and what came of them. Errors are problem documents (RFC 9457). Progress comes by socket.io on " +
        "the same port: emit `subscribe` {stream, after?}, get `event` {stream, seq, type, body, at}.",
    )
    .setVersion("1")
    .addBearerAuth({
      type: "http",
      description: "Where it is not on loopback.",
    })
    .addSecurityRequirements("bearer")
    .build();
  return SwaggerModule.createDocument(app, facts, {
    operationIdFactory: (_controller, method) => method,
    standardSchemaConverter: (schema, { schemaType }) =>
      schema instanceof z.ZodType
        ? {
            schema: z.toJSONSchema(schema, {
              io: schemaType,
              target: "openapi-3.0",
              unrepresentable: "any",
            }),
          }
        : undefined,
  });
}

/** Pages and assets come from this process; nothing is fetched from elsewhere. */
export function serveApiDescription(app: NestExpressApplication): void {
  SwaggerModule.setup("api/docs", app, () => describeApi(app), {
    jsonDocumentUrl: "api/docs-json",
    raw: ["json"],
    customSiteTitle: "Motif API",
    swaggerOptions: { validatorUrl: null },
  });
}
