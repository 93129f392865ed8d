/**
 * `npm run bench -- dashboard`: how the pages hold up at ImageNet's size, in a real browser. 1,000 classes × 5 canvases × 4 models with
 * made-up results, and 10,000 models: first paint, script, frames while scrolling, memory, and how soon a table answers.
 */
import { parseArgs } from "node:util";
import type { CDPSession, Page } from "playwright-core";
import { startBrowser } from "../harness/browser.ts";
import { Cluster } from "../harness/cluster.ts";
import { seedGallery } from "../harness/seed-gallery.ts";
import { seedModels } from "../harness/seed-models.ts";

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: "string", default: "4" },
    classes: { type: "string", default: "1000" },
    canvases: { type: "string", default: "5" },
    rows: { type: "string", default: "10000" },
    seconds: { type: "string", default: "8" },
    json: { type: "boolean", default: false },
  },
});
const seconds = Number(options.seconds);

const started = await startBrowser();
if (started.browser === null) throw new Error(started.reason);
const { browser } = started;
const cluster = await Cluster.start({ replicas: 1 });
try {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  say("making the galleries …");
  const jobs = await seedGallery(cluster, {
    models: Number(options.models),
    classes: Number(options.classes),
    canvases: Number(options.canvases),
  });
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
  });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable");
  const url = cluster.replicas[0].address;
  const figures: Record<string, unknown> = {};
  const compare = `/compare?jobs=${jobs.join(",")}`;
  for (const [name, path] of Object.entries({
    model: "/model?id=generated%201",
    compare,
    job: `/job?id=${jobs[0]}`,
  })) {
    say(`loading ${name} …`);
    figures[name] = await measureLoad(page, url + path, devtools);
  }
  await page.goto(url + compare);
  await page.locator('[role="gridcell"][data-state="done"]').first().waitFor();
  await page.waitForLoadState("networkidle");
  const before = await heapMiB(devtools);
  say("scrolling, no picture fetched before …");
  const reading = await withCosts(devtools, () => scroll(page, 1.5));
  const flinging = await withCosts(devtools, () => scroll(page, 4));
  say("scrolling back …");
  const back = await withCosts(devtools, () => scroll(page, -4));
  figures.scroll = {
    reading,
    flinging,
    back,
    heapMiB: [before, await heapMiB(devtools)],
    elements: await page.evaluate(() => document.querySelectorAll("*").length),
  };
  say("making the models …");
  await seedModels(cluster, Number(options.rows));
  figures.table = await measureTable(page, url);
  process.stdout.write(
    options.json
      ? `${JSON.stringify(figures)}\n`
      : `${JSON.stringify(figures, null, 2)}\n`,
  );
} finally {
  await browser.close();
  await cluster.close();
}

/** A first visit: nothing cached. */
async function measureLoad(
  page: Page,
  address: string,
  devtools: CDPSession,
): Promise<object> {
  await devtools.send("Network.enable");
  await devtools.send("Network.clearBrowserCache");
  await page.goto("about:blank");
  await page.goto(address, { waitUntil: "load" });
  await page.getByRole("heading", { level: 1 }).waitFor();
  const firstContentfulPaintMs = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  );
  await page.waitForLoadState("networkidle");
  const scripts = await page.evaluate(() =>
    (
      performance.getEntriesByType("resource") as PerformanceResourceTiming[]
    ).flatMap(({ name, encodedBodySize }) =>
      name.endsWith(".js") ? [{ name, encodedBodySize }] : [],
    ),
  );
  // What the page names itself has to be there before it can be used; the rest comes beside it, or ahead of other pages.
  const named = [
    ...(await (await fetch(address)).text()).matchAll(
      /<script[^>]*\ssrc="([^"]+)"/g,
    ),
  ].map(([, source]) => new URL(source, address).href);
  const kilobytes = (entries: typeof scripts) =>
    Math.round(
      entries.reduce((bytes, one) => bytes + one.encodedBodySize, 0) / 1_000,
    );
  return {
    firstContentfulPaintMs: Math.round(firstContentfulPaintMs ?? NaN),
    firstLoadScriptKb: kilobytes(
      scripts.filter(({ name }) => named.includes(name)),
    ),
    laterScriptKb: kilobytes(
      scripts.filter(({ name }) => !named.includes(name)),
    ),
  };
}

/** Scrolls the gallery as far as the time goes. @param speed pixels a millisecond, downwards */
function scroll(page: Page, speed: number): Promise<object> {
  return page.evaluate(
    ([pace, ms]) =>
      new Promise<object>((resolve) => {
        const grid = document.querySelector('[role="grid"]')!;
        const frames: number[] = [];
        const began = performance.now();
        let last = began;
        const step = (now: number) => {
          frames.push(now - last);
          grid.scrollTop += pace * Math.min(now - last, 50);
          last = now;
          if (now - began < ms) requestAnimationFrame(step);
          else {
            frames.sort((a, b) => a - b);
            resolve({
              pixelsPerSecond: pace * 1_000,
              framesPerSecond:
                Math.round((10_000 * frames.length) / (now - began)) / 10,
              frameP95Ms: Math.round(frames[Math.floor(frames.length * 0.95)]),
              longestFrameMs: Math.round(frames.at(-1)!),
              scrolledPixels: Math.round(grid.scrollTop),
            });
          }
        };
        requestAnimationFrame(step);
      }),
    [speed, seconds * 1_000] as const,
  );
}

/** Adds what the browser's main thread was busy with, as shares of the time. */
async function withCosts(
  devtools: CDPSession,
  work: () => Promise<object>,
): Promise<object> {
  const read = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return new Map(metrics.map(({ name, value }) => [name, value]));
  };
  const before = await read();
  const done = await work();
  const after = await read();
  const spent = (name: string) =>
    (after.get(name) ?? NaN) - (before.get(name) ?? NaN);
  const share = (name: string) =>
    Math.round((100 * spent(name)) / spent("Timestamp")) / 100;
  return {
    ...done,
    scriptShare: share("ScriptDuration"),
    styleShare: share("RecalcStyleDuration"),
    layoutShare: share("LayoutDuration"),
    taskShare: share("TaskDuration"),
  };
}

async function heapMiB(devtools: CDPSession): Promise<number> {
  await devtools.send("HeapProfiler.collectGarbage");
  const { metrics } = await devtools.send("Performance.getMetrics");
  const used = metrics.find(({ name }) => name === "JSHeapUsedSize");
  return Math.round((used?.value ?? NaN) / 2 ** 20);
}

/** From each input to the next paint, as the browser times events itself. */
async function measureTable(page: Page, url: string): Promise<object> {
  const began = performance.now();
  await page.goto(url);
  await page
    .getByText(/10,\d{3} models/)
    .first()
    .waitFor();
  const readyMs = Math.round(performance.now() - began);
  await page.evaluate(() => {
    const seen: { name: string; duration: number }[] = [];
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const { name, duration } of list.getEntries())
        seen.push({ name, duration });
    }).observe({
      type: "event",
      // Event Timing; the types do not know it yet.
      ...{ durationThreshold: 16 },
    });
  });
  const search = page.getByRole("textbox", { name: /Find/ });
  await search.pressSequentially("model 99", { delay: 120 });
  for (let i = 0; i < 8; i++) await search.press("Backspace", { delay: 60 });
  const sorts = page.locator("thead button");
  for (let i = 0; i < (await sorts.count()); i++) await sorts.nth(i).click();
  await page.getByRole("checkbox").nth(1).check();
  await page.getByRole("table").hover();
  for (let i = 0; i < 20; i++) await page.mouse.wheel(0, 600);
  await page.waitForTimeout(500);
  const durations = await page.evaluate(() =>
    (window as unknown as { seen: { name: string; duration: number }[] }).seen
      .filter(({ name }) => /^(key|click|pointer|input|beforeinput)/.test(name))
      .map(({ duration }) => duration)
      .sort((a, b) => a - b),
  );
  return {
    readyMs,
    slowEvents: durations.length,
    inputToPaintP95Ms: durations[Math.floor(durations.length * 0.95)] ?? 0,
    inputToPaintMaxMs: durations.at(-1) ?? 0,
  };
}
