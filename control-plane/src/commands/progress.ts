/** How far a job is, on the terminal: a bar with the time left where there is a terminal, lines where there is none. */
import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  /** @param done share of the whole, 0…1 @param note what is going on, beside the bar */
  update(done: number, note: string): void;
  /** A line that stays. */
  line(text: string): void;
  finish(): void;
}

/** Between lines about how far it is, where there is no bar; milliseconds. */
const lineEveryMs = 15_000;

/** @param isQuiet nothing at all, for `--json` without a terminal @param now milliseconds */
export function newProgress(
  stream: NodeJS.WriteStream,
  now: () => number,
  isQuiet: boolean,
): Progress {
  const isTerminal = stream.isTTY === true;
  let bar: SingleBar | null = null;
  // What was done before it was watched took other time than this.
  let first: { readonly done: number; readonly at: number } | null = null;
  let lineAt = -Infinity;
  const timeLeft = (done: number) => {
    if (!first || done <= first.done || now() - first.at < 1000) return "…";
    const perUnit = (now() - first.at) / (done - first.done);
    return formatSeconds(((1 - done) * perUnit) / 1000);
  };
  return {
    update(done, note) {
      if (isQuiet) return;
      first ??= { done, at: now() };
      const left = timeLeft(done);
      if (!isTerminal) {
        if (now() - lineAt < lineEveryMs) return;
        lineAt = now();
        stream.write(
          `${Math.floor(100 * done)}% · ${left} left${note && ` · ${note}`}\n`,
        );
        return;
      }
      if (!bar) {
        bar = new SingleBar(
          {
            format: "{bar} {percentage}% · {left} left · {note}",
            stream,
            hideCursor: true,
            clearOnComplete: true,
            fps: 5,
            barsize: 30,
          },
          Presets.shades_classic,
        );
        bar.start(1000, 0, { left, note });
      }
      bar.update(Math.floor(1000 * done), { left, note });
    },
    line(text) {
      if (isQuiet) return;
      stream.write(bar ? `\r\u001b[K${text}\n` : `${text}\n`);
    },
    finish() {
      bar?.stop();
      bar = null;
    },
  };
}

/** 75 → "1 min 15 s". */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
