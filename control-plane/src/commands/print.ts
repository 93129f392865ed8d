/** What commands leave on standard output. */
import type { ClientFlags } from "./options.ts";

/** One JSON document with --json, else text for people. */
export function print(
  { json }: Pick<ClientFlags, "json">,
  value: unknown,
  text: string,
): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
}
