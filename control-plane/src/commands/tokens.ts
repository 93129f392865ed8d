/** `motif tokens` and `motif join-tokens`: what people, scripts and new nodes are let in with. */
import { Option, type Command } from "commander";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiToken } from "./api-types.ts";
import { createFirstToken } from "./create-first-token.ts";
import { findByPrefix } from "./find-job.ts";
import {
  clientOf,
  numberWithin,
  withClientFlags,
  type ClientFlags,
} from "./options.ts";
import { print } from "./print.ts";
import { formatTable, formatTime, shortId } from "./table.ts";

const scopes = ["read", "write", "admin"] as const;

interface CreateFlags extends ClientFlags {
  readonly name: string;
  readonly scope: (typeof scopes)[number];
  readonly days: number;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
}

interface CreatedToken {
  /** The secret, shown this once. */
  readonly token: string;
  readonly expiresAt: string;
}

export function addTokensCommand(program: Command): void {
  const tokens = program
    .command("tokens")
    .description("make, show and revoke tokens for people and scripts");
  withClientFlags(tokens.command("create"))
    .description(
      "make a token; with --data-dir or --database-url without a running control plane, as for the first one",
    )
    .requiredOption("--name <name>", "whose it is; the audit log shows it")
    .addOption(
      new Option("--scope <scope>", "how far it reaches: read < write < admin")
        .choices(scopes)
        .default("write"),
    )
    .option("--days <n>", "how long it lasts", numberWithin(0.001, 3650), 90)
    .option("--data-dir <folder>", "of a control plane that is not running")
    .option("--database-url <url>", "of a control plane that is not running")
    .action(createToken);
  withClientFlags(tokens.command("list"))
    .description("show all tokens; their secrets are not kept")
    .action(listTokens);
  withClientFlags(tokens.command("revoke <id>"))
    .description("end a token; an id's beginning will do")
    .action(revokeToken);
}

async function createToken(flags: CreateFlags): Promise<void> {
  const { name, scope, days, dataDir, databaseUrl } = flags;
  const wanted = { name, scopes: [scope], days };
  const isOffline = dataDir !== undefined || databaseUrl !== undefined;
  const created = isOffline
    ? await createFirstToken(wanted, { dataDir, databaseUrl })
    : await clientOf(flags).post<CreatedToken>("/api/tokens", wanted);
  print(
    flags,
    created,
    `${created.token}\nIt is shown this once, reaches "${scope}" and ends ${formatTime(created.expiresAt)}. Put it into MOTIF_TOKEN.`,
  );
}

async function listTokens(flags: ClientFlags): Promise<void> {
  const tokens = await clientOf(flags).get<readonly ApiToken[]>("/api/tokens");
  const rows = tokens.map((token) => [
    shortId(token.id),
    token.name,
    token.scopes.join(", "),
    token.createdBy,
    token.revokedAt === null ? formatTime(token.expiresAt) : "revoked",
    formatTime(token.lastUsedAt),
  ]);
  print(
    flags,
    tokens,
    rows.length === 0
      ? "There are no tokens. `motif tokens create --name NAME` makes one."
      : formatTable(
          ["ID", "NAME", "SCOPES", "MADE BY", "ENDS", "LAST USED"],
          rows,
        ),
  );
}

async function revokeToken(text: string, flags: ClientFlags): Promise<void> {
  const client = clientOf(flags);
  const tokens = await client.get<readonly ApiToken[]>("/api/tokens");
  const token = findByPrefix(tokens, text, "token", "motif tokens list");
  await client.delete(`/api/tokens/${token.id}`);
  print(
    flags,
    { id: token.id, isRevoked: true },
    `Token ${token.name} (${shortId(token.id)}) is revoked.`,
  );
}

interface JoinTokenFlags extends ClientFlags {
  readonly hours: number;
}

export function addJoinTokensCommand(program: Command): void {
  const joinTokens = program
    .command("join-tokens")
    .description("make a token that lets a node join");
  withClientFlags(joinTokens.command("create"))
    .description("make a token that one node joins with, once")
    .option(
      "--hours <n>",
      "how long it waits for it",
      numberWithin(0.01, 720),
      24,
    )
    .action(async (flags: JoinTokenFlags) => {
      const created = await clientOf(flags).post<CreatedToken>(
        "/api/join-tokens",
        { hours: flags.hours },
      );
      if (typeof created.token !== "string")
        throw new ControlPlaneError(
          "unavailable",
          "the control plane gave no token: it is of another version.",
        );
      print(
        flags,
        created,
        `${created.token}\nOne node joins with it until ${formatTime(created.expiresAt)}: motif node --control-plane HOST:PORT --join-token …`,
      );
    });
}
