import { expect, it } from "vitest";
import { newNodeLog } from "./node-log.ts";

function logTo(isTTY: boolean, isJson: boolean) {
  let written = "";
  const log = newNodeLog(
    {
      isTTY,
      write: (text: string | Uint8Array) => ((written += String(text)), true),
    },
    { isJson, least: "info", now: () => Date.UTC(2026, 0, 2, 3, 4, 5) },
  );
  return { log, text: () => written };
}

it("writes a JSON object a line where no person looks", () => {
  const { log, text } = logTo(false, true);
  log.progress("half way");
  log.line("debug", "too-small");
  log.line("info", "shard-finished", { job: "j", lease: "l", ms: 5 });
  expect(text().split("\n")).toEqual([
    '{"time":"2026-01-02T03:04:05.000Z","level":"info","event":"shard-finished","job":"j","lease":"l","ms":5}',
    "",
  ]);
});

it("keeps the line of progress below the others on a terminal", () => {
  const { log, text } = logTo(true, false);
  log.progress("half way");
  log.line("warn", "disconnected", { controlPlane: "h:1", message: "gone" });
  log.finish();
  const clear = "\r\u001b[K";
  expect(text()).toBe(
    `half way${clear}03:04:05 warn: disconnected: gone  controlPlane=h:1\nhalf way${clear}`,
  );
});
