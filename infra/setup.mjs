// Installs and builds what a fresh clone lacks. It runs before anything is installed, on the machine's own Node: keep it
// plain and without dependencies.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildWhatIsMissing } from "./build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const marker = `${root}node_modules/.package-lock.json`;
const [major] = process.versions.node.split(".").map(Number);
if (major < 20) {
  console.error(
    `Motif needs Node 20 or newer to install; this is ${process.version}. Install a newer Node and try again.`,
  );
  process.exit(1);
}
const isInstalled = () => {
  if (!existsSync(marker)) return false;
  const wanted = JSON.parse(
    readFileSync(`${root}package-lock.json`, "utf8"),
  ).packages;
  const have = JSON.parse(readFileSync(marker, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional, link }]) =>
      path === "" ||
      !path.startsWith("node_modules") ||
      optional ||
      link ||
      have[path]?.version === version,
  );
};
if (!isInstalled()) {
  console.error("Installing Motif's dependencies (once) …");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
}
buildWhatIsMissing();
