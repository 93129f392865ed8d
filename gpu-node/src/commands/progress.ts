/** Progress on the terminal: a bar with the time left where there is a terminal, lines where there is none. */
import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  /** Begins a stage of unknown length. */
  phase(name: string): void;
  /** How far a stage has come, where there is a terminal to show it on. */
  count(done: number, total: number | null, units: string): void;
  /** Begins the bar: `total` units of work. */
  begin(total: number): void;
  advance(units: number): void;
  /** A line that stays. */
  line(text: string): void;
  finish(): void;
}

const unknownTime = "…";

/** @param isQuiet nothing at all, for `--json` without a terminal @param now milliseconds */
export function newProgress(
  stream: NodeJS.WriteStream,
  now: () => number,
  isQuiet: boolean,
): Progress {
  const isTerminal = stream.isTTY === true;
  let bar: SingleBar | null = null;
  let done = 0;
  let total = 0;
  let began = 0;
  const write = (text: string) => {
    if (!isQuiet) stream.write(`${text}\n`);
  };
  const timeLeft = () => {
    const elapsed = now() - began;
    return done === 0 || elapsed < 1000
      ? unknownTime
      : formatSeconds(((total - done) * elapsed) / done / 1000);
  };
  return {
    phase(name) {
      write(`${name} …`);
    },
    count(done, total, units) {
      if (!isTerminal || isQuiet) return;
      const of = total === null ? "" : ` of ${total}`;
      stream.write(
        `\r\u001b[K${done}${of} ${units}${done === total ? "\n" : ""}`,
      );
    },
    begin(units) {
      total = units;
      began = now();
      if (!isTerminal || isQuiet || units === 0) return;
      bar = new SingleBar(
        {
          format: "{bar} {percentage}% · {left} left",
          stream,
          hideCursor: true,
          clearOnComplete: true,
          fps: 5,
          barsize: 30,
        },
        Presets.shades_classic,
      );
      bar.start(units, 0, { left: unknownTime });
    },
    advance(units) {
      done += units;
      bar?.update(Math.min(done, total), { left: timeLeft() });
    },
    line(text) {
      if (!bar) {
        const left = total > 0 ? timeLeft() : unknownTime;
        return write(left === unknownTime ? text : `${text}  (${left} left)`);
      }
      stream.write(`\r\u001b[K${text}\n`);
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
