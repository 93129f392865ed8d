/** `HOST:PORT[,HOST:PORT…]`, and which of them may be spoken to in plain text. */
import { MotifError } from "../motif-error.ts";

export interface ControlPlaneAddress {
  /** As it is dialled. */
  readonly text: string;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** @throws MotifError "usage" naming the part that is no address */
export function parseControlPlanes(
  text: string,
): readonly ControlPlaneAddress[] {
  return text.split(",").map((part) => {
    const address = part.trim();
    const [, host, digits] = /^(.+):(\d{1,5})$/.exec(address) ?? [];
    const port = Number(digits);
    const isBracketed = host?.startsWith("[") && host.endsWith("]");
    const isHost =
      host !== undefined && (isBracketed || !/[:/\s[\]]/.test(host));
    if (!isHost || port < 1 || port > 65_535)
      throw new MotifError(
        "usage",
        `--control-plane ${text}: "${address}" is no HOST:PORT. Write it like 10.0.0.5:7443, several with commas between them.`,
      );
    return {
      text: address,
      host: isBracketed ? host.slice(1, -1) : host,
      port,
    };
  });
}

/** Whether only this machine is on the way to an address. */
export function isLoopbackHost(host: string): boolean {
  return (
    host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host)
  );
}
