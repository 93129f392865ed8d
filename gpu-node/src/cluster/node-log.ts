/** What a node tells: one line an event, JSON for machines and readable on a terminal, and there a line of progress below it. */

export type LogLevel = "debug" | "info" | "warn" | "error";

/** What a line is about, such as job, shard and lease. */
export type LogFields = Readonly<
  Record<string, string | number | boolean | undefined>
>;

export interface NodeLog {
  /** @param event a short name, the same for all lines of its kind, such as `shard-finished` */
  line(level: LogLevel, event: string, fields?: LogFields): void;
  /** The line of progress; nothing where there is no terminal. */
  progress(text: string): void;
  /** Takes the line of progress away. */
  finish(): void;
}

const ranks: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
};
export const logLevels: readonly LogLevel[] = [
  "debug",
  "info",
  "warn",
  "error",
];

/** @param options.now milliseconds since 1970 */
export function newNodeLog(
  stream: Pick<NodeJS.WriteStream, "write" | "isTTY">,
  options: {
    readonly isJson: boolean;
    readonly least: LogLevel;
    readonly now: () => number;
  },
): NodeLog {
  const { isJson, least, now } = options;
  const hasProgress = stream.isTTY === true && !isJson;
  let shown = "";
  const clear = () => {
    if (shown !== "") stream.write("\r\u001b[K");
  };
  return {
    line(level, event, fields = {}) {
      if (ranks[level] < ranks[least]) return;
      const time = new Date(now()).toISOString();
      clear();
      stream.write(
        isJson
          ? `${JSON.stringify({ time, level, event, ...fields })}\n`
          : `${time.slice(11, 19)} ${describe(level, event, fields)}\n`,
      );
      if (shown !== "") stream.write(shown);
    },
    progress(text) {
      if (!hasProgress || text === shown) return;
      clear();
      shown = text;
      stream.write(text);
    },
    finish() {
      clear();
      shown = "";
    },
  };
}

function describe(level: LogLevel, event: string, fields: LogFields): string {
  const { message, ...others } = fields;
  const parts = Object.entries(others)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${String(value)}`);
  const mark = level === "warn" || level === "error" ? `${level}: ` : "";
  const text = message === undefined ? "" : `: ${String(message)}`;
  return `${mark}${event}${text}${parts.length > 0 ? `  ${parts.join(" ")}` : ""}`;
}
