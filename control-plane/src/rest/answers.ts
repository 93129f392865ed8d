/** What a route answers with, said once: for OpenAPI from its zod schema, with the problems that any route can have. */
import { applyDecorators } from "@nestjs/common";
import { ApiDefaultResponse, ApiResponse } from "@nestjs/swagger";
import { z } from "zod";

const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe("Names the thing, its place and the mend."),
  code: z.string(),
  errors: z
    .array(z.object({ field: z.string(), message: z.string() }))
    .optional(),
});

const problemContent = {
  description: "A problem document (RFC 9457).",
  content: {
    "application/problem+json": {
      schema: z.toJSONSchema(problem, { target: "openapi-3.0" }) as object,
    },
  },
};

export const Answers = (
  status: 200 | 201,
  schema: z.ZodType,
  description = "",
): MethodDecorator & ClassDecorator =>
  applyDecorators(
    ApiResponse({ status, description, standardSchema: schema }),
    AnswersProblems(),
  );

/** For routes that answer with something else than JSON. */
export const AnswersProblems = (): MethodDecorator & ClassDecorator =>
  ApiDefaultResponse(problemContent);
