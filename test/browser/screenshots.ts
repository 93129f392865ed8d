/** `npm run screenshots`: the pages as people see them, into out/screenshots, wide and narrow, light and dark. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBrowser } from "../harness/browser.ts";
import { drawDashboard } from "./dashboard-screenshots.ts";
import {
  writeComparisonExample,
  writeExample,
  type ExampleName,
} from "./example-pages.ts";

const widths = [1440, 390] as const;
const schemes = ["light", "dark"] as const;
const shown: readonly (readonly [ExampleName, string])[] = [
  ["colour", "#class-3"],
  ["backdoor", ""],
  ["stopped", ""],
  ["signs", ""],
  ["hostile", ""],
];

const started = await startBrowser();
if (started.browser === null) {
  process.stderr.write(`screenshots: no browser starts (${started.reason}).\n`);
  process.exit(1);
}
const { browser } = started;
const target = join("out", "screenshots");
const pages = await mkdtemp(join(tmpdir(), "motif-screenshots-"));
try {
  await mkdir(target, { recursive: true });
  const addresses: [string, string][] = [
    ["comparison", await writeComparisonExample(pages)],
  ];
  for (const [name, fragment] of shown)
    addresses.push([name, `${await writeExample(pages, name)}${fragment}`]);
  for (const width of widths)
    for (const colorScheme of schemes) {
      const page = await browser.newPage({
        viewport: { width, height: 900 },
        colorScheme,
        reducedMotion: "reduce",
      });
      for (const [name, address] of addresses) {
        await page.goto(address);
        // A long page loads its pictures as they come into view; a screenshot of all of it must not wait for that.
        await page.evaluate(() =>
          Promise.all(
            [...document.images].map((image) => {
              image.loading = "eager";
              return image.decode().catch(() => undefined);
            }),
          ),
        );
        // What sticks to the top of the window belongs to the top of the picture.
        await page.evaluate(() => scrollTo(0, 0));
        const path = join(target, `${name}-${width}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: true });
        process.stdout.write(`${path}\n`);
      }
      await page.close();
    }
  await drawDashboard(browser, target, (path) =>
    process.stdout.write(`${path}\n`),
  );
} finally {
  await browser.close();
  await rm(pages, { recursive: true, force: true });
}
