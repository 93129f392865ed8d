/** Tokens, the audit log and events on the wire. */
import { z } from "zod";
import type { RecordedChange } from "../audit-log/list-changes.ts";
import { longestTokenDays, type TokenFacts } from "../auth/api-tokens.ts";
import { scopes } from "../auth/caller.ts";
import { longestJoinTokenHours } from "../auth/join-tokens.ts";
import type { ProgressEvent } from "../progress/read-events.ts";
import { limit, position } from "./pages.ts";

export const tokenRequest = z.strictObject({
  name: z.string().trim().min(1).max(100),
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
  days: z.number().positive().max(longestTokenDays),
});

const tokenFields = {
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(z.enum(scopes)),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
};
export const token: z.ZodType<TokenFacts> = z.object(tokenFields);
export const createdToken = z.object({
  ...tokenFields,
  token: z.string().describe("The secret. It is shown this once."),
});

export const joinTokenRequest = z.strictObject({
  hours: z.number().positive().max(longestJoinTokenHours).default(24),
});
export const joinToken = z.object({
  token: z.string().describe("Serves one node, once."),
  expiresAt: z.iso.datetime(),
});

export const auditPage = z.strictObject({
  before: position.optional().describe("Id of an entry: only older ones."),
  limit,
});
export const auditEntry: z.ZodType<RecordedChange> = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  actor: z.string(),
  address: z.string().nullable(),
  action: z.string(),
  subject: z.string(),
  details: z.record(z.string(), z.unknown()),
});

const event: z.ZodType<ProgressEvent> = z.object({
  stream: z.string(),
  seq: z.int(),
  type: z.string(),
  body: z.record(z.string(), z.unknown()),
  at: z.iso.datetime(),
});
export const events = z.object({ events: z.array(event) });
