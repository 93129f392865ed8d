/** Says on a controller or a route how far credentials must reach. Where nothing is said: "read" to look, "admin" for the rest. */
import { SetMetadata } from "@nestjs/common";
import type { Scope } from "./caller.ts";

export const scopeMetadata = "motif:scope";

export const NeedsScope = (
  scope: Scope,
): ReturnType<typeof SetMetadata<string, Scope>> =>
  SetMetadata(scopeMetadata, scope);
