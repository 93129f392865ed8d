/**
 * Which names a request may come under on loopback, where no login is asked. A page from elsewhere could otherwise make a
 * browser talk to us: by a request of its own (its Origin tells), or by a name that it has pointed here (the Host tells).
 */
import { isLoopback } from "../configuration/configuration.ts";

export interface NamedRequest {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/** @returns what is wrong, or undefined */
export function findUntrustedName(
  { host, origin }: NamedRequest,
  publicNames: readonly string[],
): string | undefined {
  const isTrusted = (name: string) =>
    isLoopback(name) ||
    publicNames.some((known) => known.toLowerCase() === name.toLowerCase());
  const hostName = host === undefined ? undefined : nameOf(`http://${host}`);
  if (hostName === undefined || !isTrusted(hostName))
    return `Host "${host ?? ""}" is none of this control plane's names.`;
  if (origin === undefined) return undefined;
  const originName = nameOf(origin);
  if (originName === undefined || !isTrusted(originName))
    return `Origin "${origin}" is another site.`;
  return undefined;
}

/** The host's name in a URL, lower case, without brackets and port. */
function nameOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  return hostname.replace(/^\[(.*)\]$/, "$1") || undefined;
}
