/** Holds the caller's scope against the route's. A route that says nothing can be read with "read", and changed with "admin". */
import {
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import type { Request } from "express";
import { requireScope, type Scope } from "../auth/caller.ts";
import { scopeMetadata } from "../auth/needs-scope.ts";
import { isLivePath } from "./authentication.ts";
import { callerOf } from "./callers.ts";

@Injectable()
export class ScopeGuard implements CanActivate {
  readonly #reflector: Reflector;

  constructor(@Inject(Reflector) reflector: Reflector) {
    this.#reflector = reflector;
  }

  canActivate(context: ExecutionContext): boolean {
    // Sockets are held against their scope when they connect.
    if (context.getType() !== "http") return true;
    const request = context.switchToHttp().getRequest<Request>();
    if (isLivePath(request.path)) return true;
    const isLook = request.method === "GET" || request.method === "HEAD";
    const said = this.#reflector.getAllAndOverride<Scope | undefined>(
      scopeMetadata,
      [context.getHandler(), context.getClass()],
    );
    requireScope(
      callerOf(request),
      said ?? (isLook ? "read" : "admin"),
      `${request.method} ${request.path}`,
    );
    return true;
  }
}
