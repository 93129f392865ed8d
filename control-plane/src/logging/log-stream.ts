/** Where log lines go: standard error, as JSON for programs and files, as readable lines on a terminal. */
import type { DestinationStream } from "pino";

interface Entry {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
  readonly context?: string;
  readonly err?: { readonly stack?: string; readonly message?: string };
}

const levels: Readonly<Record<number, string>> = {
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};

/** Fields that a readable line shows in its own way, or not at all. */
const known = new Set([
  "level",
  "time",
  "msg",
  "context",
  "err",
  "pid",
  "hostname",
  "replicaId",
  "req",
  "res",
]);

export function newLogStream(output: NodeJS.WriteStream): DestinationStream {
  return output.isTTY
    ? { write: (line) => void output.write(formatEntry(line)) }
    : { write: (line) => void output.write(line) };
}

/** `12:30:01 warn  Database: the message  job=…` */
export function formatEntry(line: string): string {
  const entry = JSON.parse(line) as Entry & Record<string, unknown>;
  const time = new Date(entry.time).toISOString().slice(11, 19);
  const level = (levels[entry.level] ?? String(entry.level)).padEnd(5);
  const context = entry.context === undefined ? "" : `${entry.context}: `;
  const fields = Object.entries(entry)
    .filter(([name]) => !known.has(name))
    .map(([name, value]) => `  ${name}=${formatValue(value)}`)
    .join("");
  const error = entry.err?.stack ?? entry.err?.message;
  return `${time} ${level} ${context}${entry.msg ?? ""}${fields}\n${error === undefined ? "" : `${error}\n`}`;
}

function formatValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
