/**
 * Who is asking? One answer for REST, documentation, metrics and socket.io: on a loopback bind everybody who comes under one of
 * our names, as `local` with every scope; on any other whoever shows a token.
 */
import { Inject, Injectable } from "@nestjs/common";
import {
  CONFIGURATION,
  isLoopback,
  type Configuration,
} from "../configuration/configuration.ts";
import { DATABASE, type Database } from "../database/database.ts";
import { hashToken } from "./api-tokens.ts";
import type { Caller } from "./caller.ts";
import { FailureLimit } from "./failure-limit.ts";
import { findUntrustedName } from "./trusted-names.ts";
import { verifyToken } from "./verify-token.ts";

/** What a request tells of where it comes from. */
export interface Credentials {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** The header, `Bearer …`. */
  readonly authorization: string | undefined;
  readonly address: string;
}

export type Authentication =
  | { readonly kind: "known"; readonly caller: Caller }
  /** 401. */
  | { readonly kind: "unknown"; readonly reason: string }
  /** 403. */
  | { readonly kind: "untrusted"; readonly reason: string }
  /** 429. */
  | { readonly kind: "limited"; readonly waitMs: number };

/** Tokens that were good lately: they stay usable from an address that others fail from, such as a proxy's. */
const mostRemembered = 1_000;

@Injectable()
export class Authenticator {
  readonly #limit = new FailureLimit();
  readonly #goodHashes = new Set<string>();
  readonly #configuration: Configuration;
  readonly #database: Database;

  constructor(
    @Inject(CONFIGURATION) configuration: Configuration,
    @Inject(DATABASE) database: Database,
  ) {
    this.#configuration = configuration;
    this.#database = database;
  }

  /** Whether Host and Origin stand for the login. */
  get isLoginFree(): boolean {
    return isLoopback(this.#configuration.host);
  }

  /** @returns what is wrong with the names that a request comes under; undefined on binds that ask for tokens */
  findUntrustedName(
    request: Pick<Credentials, "host" | "origin">,
  ): string | undefined {
    return this.isLoginFree
      ? findUntrustedName(request, this.#configuration.publicNames)
      : undefined;
  }

  /** @param now milliseconds; only the limit on failures goes by it @throws what the database throws */
  async authenticate(
    credentials: Credentials,
    now: number,
  ): Promise<Authentication> {
    const untrusted = this.findUntrustedName(credentials);
    if (untrusted !== undefined)
      return { kind: "untrusted", reason: untrusted };
    const { address, authorization } = credentials;
    if (this.isLoginFree) {
      const caller: Caller = { actor: "local", address, scope: "admin" };
      return { kind: "known", caller };
    }
    const secret = /^Bearer +(\S{1,512})$/i.exec(authorization ?? "")?.[1];
    const hash =
      secret === undefined ? undefined : hashToken(secret).toString("hex");
    const waitMs = this.#limit.waitMs(address, now);
    if (waitMs > 0 && !(hash && this.#goodHashes.has(hash)))
      return { kind: "limited", waitMs };
    if (secret === undefined || hash === undefined)
      return {
        kind: "unknown",
        reason:
          "Send a token: Authorization: Bearer …. motif tokens create makes one on the control plane's machine.",
      };
    const caller = await verifyToken(this.#database.pool, secret, address);
    if (caller) {
      this.#remember(hash);
      return { kind: "known", caller };
    }
    this.#goodHashes.delete(hash);
    this.#limit.recordFailure(address, now);
    return {
      kind: "unknown",
      reason:
        "The token is unknown, expired or withdrawn. Use another, or have one made.",
    };
  }

  #remember(hash: string): void {
    this.#goodHashes.delete(hash);
    this.#goodHashes.add(hash);
    if (this.#goodHashes.size > mostRemembered)
      this.#goodHashes.delete(this.#goodHashes.keys().next().value!);
  }
}
