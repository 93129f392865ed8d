/** The pages in a real browser: quiet, keyboard, narrow screens, both themes, no script, hostile names, accessibility. */
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseResult } from "../../gpu-node/src/report/result.ts";
import { startBrowser } from "../harness/browser.ts";
import {
  examples,
  hostileNames,
  writeComparisonExample,
  writeExample,
  type ExampleName,
} from "./example-pages.ts";

const started = await startBrowser();

const names = Object.keys(examples) as ExampleName[];
let folder: string;
const addresses = new Map<string, string>();

beforeAll(async () => {
  if (started.browser === null) return;
  folder = await mkdtemp(join(tmpdir(), "motif-pages-"));
  addresses.set("comparison", await writeComparisonExample(folder));
  for (const name of names)
    addresses.set(name, await writeExample(folder, name));
}, 120_000);
afterAll(async () => {
  await started.browser?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** What a page said and asked for while it was looked at. */
interface Noise {
  readonly errors: string[];
  readonly requests: string[];
}

async function withPage(
  name: string,
  look: (page: Page, noise: Noise) => Promise<void>,
  options: BrowserContextOptions & { readonly fragment?: string } = {},
): Promise<void> {
  const { fragment = "", ...context } = options;
  const page = await (started.browser as Browser).newPage({
    reducedMotion: "reduce",
    viewport: { width: 1280, height: 900 },
    ...context,
  });
  const noise: Noise = { errors: [], requests: [] };
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      noise.errors.push(message.text());
  });
  page.on("pageerror", (error) => noise.errors.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith("data:")) noise.requests.push(request.url());
  });
  try {
    await page.goto(`${addresses.get(name)}${fragment}`);
    await look(page, noise);
  } finally {
    await page.context().close();
  }
}

/** Presses Tab until the focus is on what `selector` names. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press("Tab");
    if (
      await page.evaluate(
        (wanted) => document.activeElement?.matches(wanted) ?? false,
        selector,
      )
    )
      return;
  }
  throw new Error(`Tab never reaches ${selector}`);
}

const visible = (page: Page, selector: string) =>
  page.locator(selector).first().isVisible();

/** The first pixel of the pattern that the first tile of the example "colour" shows. */
async function strongestPixel(
  page: Page,
  files: string,
): Promise<{
  readonly size: number;
  readonly file: string;
  readonly index: number;
}> {
  const text = await readFile(join(files, "..", "result.json"), "utf8");
  const { patterns, model } = parseResult(text);
  const words = await page.locator("#class-0 .detail-head").textContent();
  const [, canvas, seed] = /canvas (\d+), seed (\d+)/.exec(words ?? "") ?? [];
  const shown = patterns.find(
    (pattern) =>
      pattern.targetClass === 0 &&
      pattern.canvasIndex === Number(canvas) &&
      pattern.seed === Number(seed),
  );
  if (shown === undefined) throw new Error("the first tile shows no pattern");
  return {
    size: model.inputShape[2],
    file: join(files, `class-0000-canvas-${canvas}-seed-${seed}`),
    index: shown.topPixels[0],
  };
}

/** R, G, B of one pixel. */
async function colorAt(
  picture: Sharp,
  left: number,
  top: number,
): Promise<number[]> {
  const pixel = await picture
    .clone()
    .extract({ left, top, width: 1, height: 1 })
    .removeAlpha()
    .raw()
    .toBuffer();
  return [...pixel];
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const inPage = (window as unknown as { readonly axe: typeof axe }).axe;
    const { violations } = await inPage.run(document, {
      runOnly: [
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
      ],
    });
    return violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes.length} × ${nodes[0]?.html.slice(0, 160)}`,
    );
  });
}

describe.skipIf(started.browser === null)(
  started.browser === null
    ? `pages (skipped, no browser starts: ${started.reason})`
    : `pages in ${started.name}`,
  () => {
    it.each(["comparison", ...names])(
      "%s: opens without a word on the console, and asks for nothing but itself",
      (name) =>
        withPage(name, async (page, { errors, requests }) => {
          await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
          expect(errors).toEqual([]);
          expect(requests).toEqual([page.url()]);
          const isDecoded = await page.evaluate(() =>
            Promise.all(
              [...document.images].map((image) => {
                image.loading = "eager";
                return image.decode().then(
                  () => true,
                  () => false,
                );
              }),
            ),
          );
          expect(isDecoded.every(Boolean)).toBe(true);
        }),
    );

    it.each(
      [
        "comparison",
        "backdoor",
        "dense",
        "stopped",
        "empty",
        "hostile",
      ].flatMap((name) => [
        { name, colorScheme: "light" as const, width: 1280 },
        { name, colorScheme: "dark" as const, width: 390 },
      ]),
    )(
      "$name, $colorScheme, $width px: axe finds no violation, and nothing scrolls sideways",
      ({ name, colorScheme, width }) =>
        withPage(
          name,
          async (page) => {
            expect(await violations(page)).toEqual([]);
            const scrollWidth = await page.evaluate(
              () => document.documentElement.scrollWidth,
            );
            expect(scrollWidth).toBeLessThanOrEqual(width);
          },
          {
            colorScheme,
            viewport: { width, height: 844 },
            fragment: name === "comparison" ? "" : "#class-0",
          },
        ),
    );

    it("the view switch is worked by keyboard and changes every picture", () =>
      withPage("colour", async (page) => {
        const tile = ".tile .plate";
        expect(await visible(page, `${tile} .pattern`)).toBe(true);
        expect(await visible(page, `${tile} .heatmap`)).toBe(false);
        await tabTo(page, 'input[name="view"]');
        await page.keyboard.press("ArrowRight");
        expect(await visible(page, `${tile} .canvas`)).toBe(false);
        expect(await visible(page, `${tile} .pattern`)).toBe(true);
        await page.keyboard.press("ArrowRight");
        expect(await visible(page, `${tile} .canvas`)).toBe(true);
        expect(await visible(page, `${tile} .pattern`)).toBe(false);
        await page.keyboard.press("ArrowRight");
        const shownEverywhere = await page
          .locator(".tile .heatmap")
          .evaluateAll((images) =>
            images.every(
              (image) => getComputedStyle(image).display === "block",
            ),
          );
        expect(shownEverywhere).toBe(true);
        expect(await visible(page, ".toolbar .ramp")).toBe(true);
      }));

    it("shows a pattern's pixels and a mask's colours as they are in the files, in every view", () =>
      withPage("colour", async (page) => {
        const files = join(folder, "colour", "images");
        const { size, file, index } = await strongestPixel(page, files);
        for (const [view, kind] of [
          ["over-grey", "pattern"],
          ["pattern", "pattern"],
          ["canvas", "canvas"],
          ["heatmap", "heatmap"],
        ]) {
          await page.locator(`input[name="view"][value="${view}"]`).check();
          const shown = sharp(
            await page.locator(".tile .plate").first().screenshot(),
          );
          const { width = 0 } = await shown.metadata();
          const scale = width / size;
          const color = await colorAt(
            shown,
            Math.floor(((index % size) + 0.5) * scale),
            Math.floor((Math.floor(index / size) + 0.5) * scale),
          );
          const original = sharp(`${file}-${kind}.png`);
          const { width: wide = 0 } = await original.metadata();
          expect([view, ...color]).toEqual([
            view,
            ...(await colorAt(
              original,
              Math.floor((((index % size) + 0.5) * wide) / size),
              Math.floor(((Math.floor(index / size) + 0.5) * wide) / size),
            )),
          ]);
        }
      }));

    it("pictures are enlarged with crisp pixels", () =>
      withPage("colour", async (page) => {
        const rendering = await page
          .locator(".tile img")
          .first()
          .evaluate((image) => getComputedStyle(image).imageRendering);
        expect(rendering).toBe("pixelated");
      }));

    it("sorts by power and by k*, the infinite ones last", () =>
      withPage("backdoor", async (page) => {
        const order = (attribute: string) =>
          page
            .locator(".tile")
            .evaluateAll(
              (tiles, name) => tiles.map((tile) => tile.getAttribute(name)),
              attribute,
            );
        await page.locator("#sort").selectOption("power");
        const powers = (await order("data-power")).map(Number);
        expect(powers).toEqual([...powers].sort((a, b) => b - a));
        await page.locator("#sort").selectOption("star");
        expect((await order("data-class"))[0]).toBe("7");
        expect((await order("data-star")).at(-1)).toBe("");
        await page.locator("#sort").selectOption("class");
        expect((await order("data-class")).map(Number)).toEqual(
          Array.from({ length: 10 }, (_, i) => i),
        );
      }));

    it("a class opens from its tile by keyboard, the arrows lead on, and Escape leads back to the tile", () =>
      withPage("colour", async (page) => {
        await tabTo(page, "#tile-2");
        await page.keyboard.press("Enter");
        expect(await visible(page, "#class-2 .curve")).toBe(true);
        expect(new URL(page.url()).hash).toBe("#class-2");
        await page.keyboard.press("ArrowRight");
        expect(await visible(page, "#class-3 .curve")).toBe(true);
        expect(await visible(page, "#class-2 .curve")).toBe(false);
        await page.keyboard.press("Escape");
        expect(await visible(page, "#class-3 .curve")).toBe(false);
        expect(await page.evaluate(() => document.activeElement?.id)).toBe(
          "tile-3",
        );
      }));

    it("finds a class by name among many", () =>
      withPage("hundred", async (page) => {
        await page.locator("#find").fill("shape 42");
        expect(await page.locator(".tile:visible").count()).toBe(1);
        await page.locator("#find").fill("no such class");
        expect(await page.locator(".tile:visible").count()).toBe(0);
        expect(await visible(page, "#nothing-found")).toBe(true);
      }));

    it("follows the system's colours, and the switch overrules them", () =>
      withPage(
        "colour",
        async (page) => {
          const background = () =>
            page.evaluate(
              () => getComputedStyle(document.documentElement).backgroundColor,
            );
          const dark = await background();
          await page.locator('input[name="theme"][value="light"]').check();
          const light = await background();
          expect(light).not.toBe(dark);
          await page.emulateMedia({ colorScheme: "light" });
          await page.locator('input[name="theme"][value="dark"]').check();
          expect(await background()).toBe(dark);
        },
        { colorScheme: "dark" },
      ));

    it("works without script: every class opens by its address, pictures switch, and what needs script is not shown", () =>
      withPage(
        "colour",
        async (page) => {
          expect(await page.locator("#tile-4").getAttribute("href")).toBe(
            "#class-4",
          );
          await page.locator("#tile-4").click();
          expect(await visible(page, "#class-4 .curve")).toBe(true);
          await page.locator('input[name="view"][value="heatmap"]').check();
          expect(await visible(page, ".tile .heatmap")).toBe(true);
          expect(await page.locator("#sort").isVisible()).toBe(false);
        },
        { javaScriptEnabled: false },
      ));

    it("names from outside stay text, whatever they hold", () =>
      withPage("hostile", async (page) => {
        const shown = await page
          .locator(".tile bdi")
          .evaluateAll((all) => all.map((element) => element.textContent));
        expect(shown).toEqual(hostileNames);
        expect(await page.evaluate(() => "broken" in window)).toBe(false);
        expect(await page.locator("script").count()).toBe(1);
        expect(await page.locator("h1").textContent()).toBe(
          examples.hostile.name,
        );
      }));

    it("says that a run was stopped, and how to go on", () =>
      withPage("stopped", async (page) => {
        const note = await page.locator(".intro .note").first().textContent();
        expect(note?.replace(/\s+/g, " ")).toContain(
          "12 of 50 searches done. The run was stopped; the same command goes on from here.",
        );
      }));

    it("outlines the stated trigger on the target class alone", () =>
      withPage("backdoor", async (page) => {
        expect(await page.locator(".tile .trigger-outline").count()).toBe(1);
        const [outline, plate] = await Promise.all(
          [".trigger-outline", ".plate"].map((part) =>
            page.locator(`.tile[data-class="7"] ${part}`).boundingBox(),
          ),
        );
        const scale = (plate?.width ?? 0) / 28;
        expect(((outline?.x ?? 0) - (plate?.x ?? 0)) / scale).toBeCloseTo(
          23,
          1,
        );
        expect((outline?.width ?? 0) / scale).toBeCloseTo(4, 1);
        expect(await page.locator("main").textContent()).toContain(
          "Stated by the manifest, not measured",
        );
      }));

    it("the comparison puts the backdoored class first on the common scale, and its links lead to each model's own page", () =>
      withPage("comparison", async (page) => {
        const first = await page
          .locator(".scales tbody th bdi")
          .first()
          .textContent();
        expect(first).toBe("Sneaker");
        await page.locator("#sort").selectOption("difference");
        expect(
          await page.locator("tbody.gallery th bdi").first().textContent(),
        ).toBe("Sneaker");
        await page
          .locator('tbody.gallery tr[data-class="7"] td a')
          .nth(2)
          .click();
        await page.waitForURL(/badnets-natural\/index\.html#class-7$/);
        expect(await visible(page, "#class-7 .curve")).toBe(true);
      }));

    it("prints the patterns without switches", () =>
      withPage("colour", async (page) => {
        await page.emulateMedia({ media: "print" });
        expect(await page.locator(".toolbar").isVisible()).toBe(false);
        expect(await visible(page, ".tile .pattern")).toBe(true);
      }));

    it("stays small at 100 classes", async () => {
      const path = fileURLToPath(addresses.get("hundred") ?? "");
      expect((await stat(path)).size).toBeLessThan(1_500_000);
      expect(await readFile(path, "utf8")).not.toMatch(/src="https?:/);
    });
  },
);
