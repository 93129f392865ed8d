// Generates and builds what is not committed (wire types, database client, control plane, dashboard), once and when its sources change.
// It also runs on the machine's own Node, before anything of Motif's can: keep it plain and without dependencies.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
// Its time says when the last build began that ended well.
const stamp = `${root}node_modules/.motif-built`;
const lock = `${root}node_modules/.motif-building`;
const sources = [
  "proto/motif",
  "proto/buf.gen.yaml",
  "prisma/schema.prisma",
  "control-plane/src",
  "control-plane/.swcrc",
  "control-plane/open-api.json",
  "dashboard/src",
  "dashboard/next.config.ts",
  "package-lock.json",
];
const products = [
  "proto/generated",
  "prisma/generated",
  "control-plane/dist/commands/main.js",
  "dashboard/out/index.html",
];

export function buildWhatIsMissing() {
  if (isBuilt()) return;
  withLock(() => {
    if (isBuilt()) return;
    const began = new Date();
    if (process.stderr.isTTY) console.error("Building Motif (once) …");
    const bin = `${root}node_modules/.bin`;
    execFileSync(
      `${bin}/turbo`,
      "run generate build --output-logs=errors-only --log-prefix=none".split(
        " ",
      ),
      {
        cwd: root,
        stdio: ["ignore", "ignore", 2],
        env: {
          ...process.env,
          PATH: `${bin}${delimiter}${process.env.PATH}`,
          // Nothing is told to anybody, and no newer version is asked for.
          DO_NOT_TRACK: "1",
          TURBO_TELEMETRY_DISABLED: "1",
          CHECKPOINT_DISABLE: "1",
        },
      },
    );
    writeFileSync(stamp, began.toISOString());
  });
}

function isBuilt() {
  if (!existsSync(stamp)) return false;
  const built = Date.parse(readFileSync(stamp, "utf8"));
  return (
    products.every((path) => existsSync(root + path)) &&
    sources.every((path) => newest(root + path) < built)
  );
}

/** Milliseconds of the last change in a file or folder; a folder's own time tells of what was removed. */
function newest(path) {
  if (!existsSync(path)) return 0; // An image of the built parts alone has no sources.
  const facts = statSync(path);
  if (!facts.isDirectory()) return facts.mtimeMs;
  const inside = readdirSync(path).map((name) => newest(`${path}/${name}`));
  return Math.max(facts.mtimeMs, ...inside);
}

/** One build at a time: a second would remove what the first one's caller is about to run. */
function withLock(work) {
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (!isHeld()) rmSync(lock, { recursive: true, force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    writeFileSync(`${lock}/pid`, String(process.pid));
    work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Whether the process that holds the lock is there; it is given a moment to say who it is. */
function isHeld() {
  try {
    const age = Date.now() - statSync(lock).mtimeMs;
    if (!existsSync(`${lock}/pid`)) return age < 5000;
    process.kill(Number(readFileSync(`${lock}/pid`, "utf8")), 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
