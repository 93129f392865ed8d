/**
 * The token of whoever logged in by browser: in a cookie that no script reads (HttpOnly) and no other site's page sends
 * (SameSite=Strict). It is the token itself, so that withdrawing one ends its sessions at once.
 */
import type { IncomingMessage } from "node:http";
import { parseCookie, stringifySetCookie } from "cookie";

const name = "motif_session";
const longestSeconds = 30 * 86_400;

/**
 * @returns the token of a request that a page of this address sent, or that a person opened; undefined otherwise. "The same
 * site" of browsers is wider: it takes in other ports and sister domains, whose pages may not act for who is logged in here.
 */
export function sessionOf({
  method,
  headers,
}: IncomingMessage): string | undefined {
  const { cookie, origin, host } = headers;
  if (cookie === undefined) return undefined;
  const isOwn =
    origin === undefined
      ? method === "GET" || method === "HEAD"
      : URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
  return isOwn ? parseCookie(cookie)[name] : undefined;
}

/** @param token undefined ends the session @returns the header's value */
export const setSession = (
  token: string | undefined,
  request: IncomingMessage,
): string =>
  stringifySetCookie({
    name,
    value: token ?? "",
    maxAge: token === undefined ? 0 : longestSeconds,
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    // A proxy in front has the certificate; without one the browser would drop a cookie that is for TLS only.
    secure: request.headers["x-forwarded-proto"] === "https",
  });
