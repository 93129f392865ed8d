/** Who asks for something, and how far their credentials reach. Scopes: read < write < admin; a larger one has the smaller ones. */
import { ControlPlaneError } from "../control-plane-error.ts";

export const scopes = ["read", "write", "admin"] as const;
export type Scope = (typeof scopes)[number];

export interface Caller {
  /** Name of the token, or `local`. */
  readonly actor: string;
  /** Null from the command line. */
  readonly address: string | null;
  readonly scope: Scope;
}

/** The widest of a token's scopes. */
export function widestScope(granted: readonly string[]): Scope | undefined {
  return scopes.findLast((scope) => granted.includes(scope));
}

export const reaches = (caller: Caller, needed: Scope): boolean =>
  scopes.indexOf(caller.scope) >= scopes.indexOf(needed);

/** @throws ControlPlaneError "forbidden" */
export function requireScope(
  caller: Caller,
  needed: Scope,
  what: string,
): void {
  if (reaches(caller, needed)) return;
  throw new ControlPlaneError(
    "forbidden",
    `${what} needs the scope "${needed}", the token "${caller.actor}" has "${caller.scope}". Use a token that has it.`,
  );
}
