/**
 * The dashboard as a newcomer meets it: the real demo (PostgreSQL, control plane, two nodes) in a real browser, from the first look at a
 * running job to the refusal of a broken upload; then every view held against axe, in both schemes, wide and narrow.
 */
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  labelWidth,
  margin,
  titleHeight,
} from "../../dashboard/src/features/gallery/save/picture-layout.ts";
import { startBrowser } from "../harness/browser.ts";
import { startMotif, type Running } from "../harness/motif.ts";
import { send } from "../harness/rest.ts";
import { TcpProxy } from "../harness/tcp-proxy.ts";
import { findFreePort } from "./find-free-port.ts";

const started = await startBrowser();
const why = started.browser === null ? ` (no browser: ${started.reason})` : "";

const bundledModel = fileURLToPath(
  new URL("../../infra/demo/models/natural.onnx", import.meta.url),
);
/** A search of the demo takes some seconds on a quiet machine, and this one may not be. */
const patience = 150_000;

interface Job {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

let folder: string;
let demo: Running;
let url: string;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const noise: string[] = [];

beforeAll(async () => {
  if (started.browser === null) return;
  browser = started.browser;
  folder = await mkdtemp(join(tmpdir(), "motif-dashboard-"));
  const port = await findFreePort();
  url = `http://127.0.0.1:${port}`;
  demo = startMotif("demo", "--out", join(folder, "demo"), "--port", `${port}`);
  await demo.waitFor(/searches of ten classes each/);
  context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    acceptDownloads: true,
  });
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on("console", (message) => {
    if (message.type() === "error") noise.push(message.text());
  });
  page.on("pageerror", (error) => noise.push(error.message));
}, 240_000);

afterAll(async () => {
  await browser?.close();
  demo?.signal("SIGTERM");
  await demo?.finished;
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}, 60_000);

const jobs = async () =>
  (await send<readonly Job[]>(url, "GET", "/api/jobs")).body;
const jobNamed = async (name: RegExp) =>
  (await jobs()).find((job) => name.test(job.name))!;

describe.skipIf(started.browser === null)(`a newcomer${why}`, () => {
  it("sees the demo's job live, and its tiles fill as results land", async () => {
    await page.goto(`${url}/jobs`);
    const link = page.getByRole("link", {
      name: "Demo: badnets model, natural canvases",
    });
    await link.first().click();
    await page
      .getByRole("heading", { level: 1, name: /badnets model, natural/ })
      .waitFor();
    await page.getByRole("tab", { name: "Gallery" }).click();
    const grid = page.getByRole("grid");
    await grid.waitFor();
    const done = grid.locator('[role="gridcell"][data-state="done"]');
    await expect.poll(() => done.count(), { timeout: patience }).toBe(20);
    await page.getByText("succeeded", { exact: true }).first().waitFor();
  });

  it("opens the backdoored model, and is shown the class that stands out", async () => {
    const { id } = await jobNamed(/badnets model, free/);
    await expect
      .poll(async () => (await jobNamed(/badnets model, free/)).status, {
        timeout: patience,
      })
      .toBe("SUCCEEDED");
    await page.goto(url);
    await page.getByRole("link", { name: "fashion-badnets" }).click();
    await page
      .getByRole("heading", { level: 1, name: "fashion-badnets" })
      .waitFor();
    await page.goto(`${page.url()}&job=${id}`);
    const detail = page.getByRole("region", { name: "Pattern of Sneaker" });
    await detail.waitFor();
    await detail.getByText(/of \d+ images of other classes/).waitFor();
    expect(await detail.textContent()).toMatch(/k\* is \d+/);
  });

  it("compares it with the natural one, and moves the size of patterns", async () => {
    await expect
      .poll(
        async () =>
          (await jobs()).filter(({ status }) => status === "RUNNING").length,
        {
          timeout: patience,
        },
      )
      .toBe(0);
    await page.goto(url);
    for (const name of ["fashion-natural", "fashion-badnets"])
      await page.getByRole("checkbox", { name: `Pick ${name}` }).check();
    await page.getByRole("button", { name: "Compare 2" }).click();
    await page.getByRole("heading", { level: 1, name: "Compare" }).waitFor();
    const grid = page.getByRole("grid");
    await grid.waitFor();
    const tile = grid.getByRole("gridcell", {
      name: /^Sneaker, fashion-badnets, canvas 0:/,
    });
    await tile.waitFor();
    const before = await tile.getAttribute("aria-label");
    const picture = grid.locator("canvas").first();
    const pixels = () =>
      picture.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const drawn = await pixels();
    const slider = page.getByRole("slider", { name: "Pattern size k" });
    await slider.focus();
    await slider.press("End");
    await expect.poll(() => tile.getAttribute("aria-label")).not.toBe(before);
    await expect.poll(pixels).not.toBe(drawn);
    expect(page.url()).toMatch(/[?&]k=\d+/);
    // The same address shows the same to the next person.
    const again = await context.newPage();
    await again.goto(page.url());
    await again
      .getByRole("gridcell", { name: /^Sneaker, fashion-badnets, canvas 0:/ })
      .waitFor();
    expect(
      await again
        .getByRole("gridcell", { name: /^Sneaker, fashion-badnets, canvas 0:/ })
        .getAttribute("aria-label"),
    ).toBe(await tile.getAttribute("aria-label"));
    await again.close();
  });

  it("walks the gallery by the keyboard, and opens neighbours by the arrow keys", async () => {
    const { id } = await jobNamed(/badnets model, free/);
    await page.goto(`${url}/model?id=fashion-badnets&job=${id}&pattern=0.0.0`);
    const grid = page.getByRole("grid");
    await page
      .getByRole("region", { name: "Pattern of T-shirt/top" })
      .waitFor();
    await grid.focus();
    await grid.press("ArrowDown");
    await page.getByRole("region", { name: "Pattern of Trouser" }).waitFor();
    await grid.press("ArrowRight");
    await page.getByText("canvas 1, seed 0").waitFor();
    await grid.press("2");
    expect(page.url()).toContain("view=mask");
    await grid.press("1");
    await grid.press("Escape");
    await expect
      .poll(() => page.getByRole("region", { name: /Pattern of/ }).count())
      .toBe(0);
  });

  it("sees a data set's classes with some of their images, and patterns pasted on one of them", async () => {
    await page.goto(`${url}/dataset?id=Fashion-MNIST%20sample`);
    const classes = page.getByRole("list", { name: "10 classes" });
    await classes.getByText("200 images").first().waitFor();
    const strip = classes.getByRole("img", { name: /^Sample images of/ });
    await strip.first().waitFor();
    const sheet = await strip.first().evaluate(async (element) => {
      const { backgroundImage } = getComputedStyle(element.children[0]);
      const address = /url\("(.+)"\)/.exec(backgroundImage)![1];
      const image = new Image();
      image.src = address;
      await image.decode();
      return [element.children.length, image.naturalWidth, image.naturalHeight];
    });
    expect(sheet).toEqual([8, 8 * 28, 10 * 28]);

    const { id } = await jobNamed(/badnets model, free/);
    await page.goto(`${url}/model?id=fashion-badnets&job=${id}&pattern=none`);
    const grid = page.getByRole("grid");
    const picture = grid.locator("canvas").first();
    /** Share of the first picture's pixels that are of one colour with its upper left corner. */
    const plate = () =>
      picture.evaluate((canvas: HTMLCanvasElement) => {
        const side = canvas.height - 60;
        const { data } = canvas
          .getContext("2d")!
          .getImageData(0, 0, side, side);
        let same = 0;
        for (let i = 0; i < data.length; i += 4)
          same += Number(
            [0, 1, 2].every((channel) => data[i + channel] === data[channel]),
          );
        return same / (data.length / 4);
      });
    await expect.poll(plate).toBeGreaterThan(0.9);
    await page.getByText("Pasted", { exact: true }).click();
    await page.getByText("Pasted on an image of T-shirt/top").waitFor();
    expect(page.url()).toContain("view=pasted");
    await expect.poll(plate).toBeLessThan(0.8);
  });

  it("reads how a search went, step by step", async () => {
    const { id } = await jobNamed(/badnets model, free/);
    await page.goto(`${url}/job?id=${id}&tab=curves`);
    for (const name of [
      /^Loss: from [\d.]+ at step 1 to [\d.]+ at step \d+$/,
      /^Mask size \(L1\): from [\d.]+ at step 1 to [\d.]+ at step \d+$/,
    ])
      await page.getByRole("img", { name }).waitFor();
  });

  it("downloads the report, complete in itself", async () => {
    const { id } = await jobNamed(/badnets model, free/);
    await page.goto(`${url}/model?id=fashion-badnets&job=${id}`);
    await page.getByRole("button", { name: "Export" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: /HTML report/ }).click(),
    ]);
    const html = await readFile(await download.path(), "utf8");
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).toContain("Sneaker");
    expect(html).toMatch(/src="?data:image\//);
    expect(html).not.toMatch(/(?:src|href)="https?:/);
  });

  it("saves the gallery as a picture, pixel for pixel as it is shown", async () => {
    const { id } = await jobNamed(/badnets model, free/);
    await page.goto(
      `${url}/model?id=fashion-badnets&job=${id}&view=canvas&pattern=none`,
    );
    const row = page.getByRole("grid").locator("canvas").first();
    const readRow = () =>
      row.evaluate((canvas: HTMLCanvasElement) => {
        const side = canvas.height - 11;
        const { data } = canvas
          .getContext("2d")!
          .getImageData(0, 0, side, side);
        return { side, data: [...data] };
      });
    const colorsOf = ({ data }: { readonly data: readonly number[] }) =>
      new Set(Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]))
        .size;
    await expect.poll(async () => colorsOf(await readRow())).toBeGreaterThan(9);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as PNG" }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^fashion-badnets-.*\.png$/);
    const { data, info } = await sharp(await download.path())
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { side, data: expected } = await readRow();
    const first = { left: margin + labelWidth, top: margin + titleHeight + 24 };
    const saved: number[] = [];
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const at =
          4 * (2 * (first.top + y) * info.width + 2 * (first.left + x));
        saved.push(...data.subarray(at, at + 4));
      }
    expect(saved).toEqual(expected);
  });

  it("starts a search from the form, told its cost before, and cancels it", async () => {
    await page.goto(`${url}/new-job?model=fashion-natural`);
    await page.getByLabel("Steps").fill("200000");
    await page.getByText(/searches in \d+ shards/).waitFor();
    await page.getByRole("button", { name: "Start the search" }).click();
    await page.waitForURL(/\/job\?id=/);
    await page.getByText("running", { exact: true }).first().waitFor();
    await page.getByRole("button", { name: "Cancel…" }).click();
    await page.getByRole("button", { name: "Cancel the job" }).click();
    await page.getByText("cancelled", { exact: true }).first().waitFor();
    const id = new URL(page.url()).searchParams.get("id");
    expect((await jobs()).find((job) => job.id === id)?.status).toBe(
      "CANCELLED",
    );
  });

  it("is told beside the field what a form lacks", async () => {
    await page.goto(`${url}/new-job?model=fashion-natural`);
    await page.getByLabel("Classes").fill("0,77");
    await page.getByText(/77/).first().waitFor();
    await page.getByRole("button", { name: "Start the search" }).click();
    await expect
      .poll(() => page.getByLabel("Classes").getAttribute("aria-invalid"))
      .toBe("true");
  });

  it("reads why a broken upload was refused", async () => {
    const broken = join(folder, "broken.onnx");
    await writeFile(broken, await readFile(bundledModel));
    await truncate(broken, 2_000);
    await page.goto(`${url}/new-model`);
    await page.locator('input[type="file"]').setInputFiles(broken);
    const section = page.getByRole("region", { name: "broken.onnx" });
    await section.getByRole("button", { name: "Add", exact: true }).click();
    const alert = section.getByRole("alert").filter({ hasText: "refused" });
    await alert.waitFor({ timeout: patience });
    expect(await alert.textContent()).toMatch(/broken/);
  });

  it("reads beside the field that a declared accuracy is not what was measured", async () => {
    await page.goto(`${url}/new-model`);
    await page
      .locator('input[type="file"]')
      .setInputFiles([bundledModel, bundledModel.replace(/\.onnx$/, ".json")]);
    const section = page.getByRole("region", { name: "natural.onnx" });
    await section.getByRole("button", { name: /^Manifest/ }).click();
    await section.getByLabel("Name", { exact: true }).fill("boastful");
    await section
      .getByRole("textbox", { name: "Declared accuracy" })
      .fill("0.99");
    await section.getByRole("button", { name: "Add", exact: true }).click();
    const field = section.getByRole("textbox", { name: "Declared accuracy" });
    await expect
      .poll(() => field.getAttribute("aria-invalid"), { timeout: patience })
      .toBe("true");
    expect(await section.textContent()).toMatch(/88\.\d/);
  });

  it("is told that something was deleted, or never was", async () => {
    for (const [path, words] of [
      ["/model?id=no-such-model", "This model is not here"],
      ["/job?id=00000000-0000-4000-8000-000000000000", "This job is not here"],
      ["/dataset?id=gone", "This data set is not here"],
      ["/compare?jobs=00000000-0000-4000-8000-000000000000", "There is no job"],
    ] as const) {
      await page.goto(url + path);
      await page.getByText(words).first().waitFor();
    }
  });

  it("is told that the server is gone, keeps what is there, and catches up by itself", async () => {
    const proxy = await TcpProxy.start(Number(new URL(url).port));
    try {
      const behind = await context.newPage();
      await behind.goto(`http://127.0.0.1:${proxy.port}/jobs`);
      await behind
        .getByRole("link", { name: /badnets model, free/ })
        .first()
        .waitFor();
      proxy.cut();
      const banner = behind.getByText("The control plane does not answer");
      await banner.waitFor();
      await behind
        .getByRole("link", { name: /badnets model, free/ })
        .first()
        .waitFor();
      await send(url, "POST", "/api/jobs", {
        kind: "noop",
        shards: 3,
        waitMs: 0,
        name: "while it was away",
      });
      proxy.mend();
      await banner.waitFor({ state: "detached" });
      await behind
        .getByRole("link", { name: "while it was away" })
        .first()
        .waitFor();
      await behind.close();
    } finally {
      await proxy.close();
    }
  });

  it("has seen no error in the console but those of things that are not there", () => {
    expect(
      noise.filter((text) => !/status of (404|409|422)/.test(text)),
    ).toEqual([]);
  });
});

const views = [
  "/",
  "/?q=no-such-model",
  "/model?id=fashion-badnets",
  "/model?id=fashion-badnets&view=mask&pattern=7.0.0",
  "/model?id=fashion-badnets&view=pasted&pattern=7.0.0",
  "/compare",
  "/datasets",
  "/dataset?id=Fashion-MNIST%20sample",
  "/jobs",
  "/new-job",
  "/new-model",
  "/new-dataset",
  "/nodes",
  "/settings",
] as const;

async function violationsOf(view: Page): Promise<readonly string[]> {
  await view.evaluate(axe.source);
  const { violations } = await view.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document),
  );
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary?.slice(0, 200)} (${nodes.length})`,
  );
}

describe.skipIf(started.browser === null)(`every view${why}`, () => {
  for (const width of [1440, 390])
    for (const colorScheme of ["light", "dark"] as const)
      it(`has no violation of axe, ${colorScheme}, ${width} pixels wide, and no sideways scrolling`, async () => {
        const view = page;
        await view.setViewportSize({ width, height: 900 });
        await view.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const { id } = await jobNamed(/badnets model, free/);
        const { id: other } = await jobNamed(/natural model, free/);
        const problems: string[] = [];
        for (const path of [
          ...views,
          `/job?id=${id}`,
          `/job?id=${id}&tab=gallery`,
          `/job?id=${id}&tab=curves`,
          `/job?id=${id}&tab=shards`,
          `/job?id=${id}&tab=events`,
          `/job?id=${id}&tab=configuration`,
          `/compare?jobs=${other},${id}`,
        ]) {
          await view.goto(url + path);
          await view.getByRole("heading", { level: 1 }).waitFor();
          await view.waitForLoadState("networkidle");
          for (const violation of await violationsOf(view))
            problems.push(`${path}: ${violation}`);
          const sideways = await view.evaluate(
            () => document.documentElement.scrollWidth - window.innerWidth,
          );
          if (sideways > 0)
            problems.push(`${path}: ${sideways} pixels too wide`);
        }
        expect(problems).toEqual([]);
      });

  it("can be reached and used by the keyboard", async () => {
    await page.goto(url);
    await page.getByRole("link", { name: "fashion-badnets" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(
      "Skip to content",
    );
    await page.getByRole("link", { name: "fashion-badnets" }).focus();
    await page.keyboard.press("ArrowDown");
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toBe("fashion-natural");
    await page.keyboard.press("Enter");
    await page
      .getByRole("heading", { level: 1, name: "fashion-natural" })
      .waitFor();
  });

  it("leads anywhere by a name, and says which keys there are", async () => {
    await page.goto(`${url}/nodes`);
    await page.getByRole("heading", { level: 1, name: "Nodes" }).waitFor();
    await page.keyboard.press("Control+k");
    const field = page.getByRole("textbox", { name: /^Find models/ });
    await field.fill("badnets fashion");
    await page.getByText("fashion-badnets", { exact: true }).waitFor();
    await expect
      .poll(() => violationsOf(page), { timeout: 20_000 })
      .toEqual([]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page
      .getByRole("heading", { level: 1, name: "fashion-badnets" })
      .waitFor();
    // While it closes, its field still takes what is typed.
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.keyboard.press("Shift+?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await expect
      .poll(() => violationsOf(page), { timeout: 20_000 })
      .toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });
});
