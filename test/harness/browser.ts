/**
 * A real browser for tests: an installed Chromium or Chrome where there is one, else the one that comes as an npm package.
 * Nothing is downloaded.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser } from "playwright-core";

const installed = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export type BrowserStart =
  | { readonly browser: Browser; readonly name: string }
  | {
      readonly browser: null;
      /** Why none started, for the name of the test that is skipped. */
      readonly reason: string;
    };

/** Starts the first browser that works. The caller closes it. */
export async function startBrowser(): Promise<BrowserStart> {
  const reasons: string[] = [];
  for (const path of installed.filter((candidate) => existsSync(candidate))) {
    try {
      return { browser: await launch(path), name: path };
    } catch (error) {
      reasons.push(`${path}: ${firstLine(error)}`);
    }
  }
  try {
    const { path, args } = await unpackPackagedChromium();
    return { browser: await launch(path, args), name: "@sparticuz/chromium" };
  } catch (error) {
    reasons.push(`@sparticuz/chromium: ${firstLine(error)}`);
  }
  return { browser: null, reason: reasons.join("; ") };
}

function launch(path: string, more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: path,
    args: [...flags, ...more],
    timeout: 30_000,
  });
}

/** What the package names its unpacked browser. */
const binary = "chromium";

/**
 * The package unpacks into the system's folder for temporary files, under fixed names and without regard for others who do the
 * same. So it is given a folder of its own, which gets its final name only when everything is in it.
 */
async function unpackPackagedChromium(): Promise<{
  readonly path: string;
  readonly args: readonly string[];
}> {
  const cache = join(
    process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
    "motif",
  );
  const folder = join(cache, `chromium-${process.platform}-${process.arch}`);
  // It adds the libraries that a bare machine lacks only where it believes to be on AWS Lambda.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= "nodejs22.x";
  const { default: packaged } = await import("@sparticuz/chromium");
  packaged.setGraphicsMode = false;
  if (!existsSync(folder)) {
    await mkdir(cache, { recursive: true });
    const own = await mkdtemp(join(cache, "unpacking-"));
    const before = process.env.TMPDIR;
    process.env.TMPDIR = own;
    try {
      await packaged.executablePath();
      if ((await stat(join(own, binary))).size === 0)
        throw new Error("its browser unpacked to nothing");
      await rename(own, folder).catch((error: unknown) => {
        if (!existsSync(folder)) throw error; // Else another was faster, and its folder is as good.
      });
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
      await rm(own, { recursive: true, force: true });
    }
  }
  process.env.LD_LIBRARY_PATH = [
    join(folder, "al2023", "lib"),
    process.env.LD_LIBRARY_PATH,
  ]
    .filter((part) => part !== undefined && part !== "")
    .join(":");
  process.env.FONTCONFIG_PATH ??= join(folder, "fonts");
  return {
    path: join(folder, binary),
    args: ["--single-process", "--no-zygote"],
  };
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] ?? text;
}
