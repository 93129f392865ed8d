/** Holds bodies, queries and addresses against the zod schema in their decorator; the same schemas are the OpenAPI document. */
import { StandardSchemaValidationPipe } from "@nestjs/common";
import { UnfitInput } from "./problem.ts";

/** Most fields that one answer names. */
const mostErrors = 20;

export const newSchemaPipe = (): StandardSchemaValidationPipe =>
  new StandardSchemaValidationPipe({
    exceptionFactory: (issues) =>
      new UnfitInput(
        issues.slice(0, mostErrors).map(({ path = [], message }) => ({
          field: path
            .map((part) => String(typeof part === "object" ? part.key : part))
            .join("."),
          message:
            path.length === 0 && message.includes("received undefined")
              ? "Send a JSON object, with Content-Type: application/json."
              : message,
        })),
      ),
  });
