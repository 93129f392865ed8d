/** A training's page: its models fill in while they are trained, and lead to where they are registered. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFailed } from "vitest";
import { writeColumnDataset } from "../../gpu-node/src/training/check-dataset.ts";
import { startBrowser } from "../harness/browser.ts";
import { Cluster } from "../harness/cluster.ts";
import { runMotif } from "../harness/motif.ts";
import { waitFor } from "../harness/wait-for.ts";

const started = await startBrowser();
const test = it.skipIf(started.browser === null);

let cluster: Cluster;
let page: Page;
beforeAll(async () => {
  if (started.browser === null) return;
  cluster = await Cluster.start({ replicas: 1 });
  const folder = join(cluster.folder, "columns");
  await mkdir(folder);
  await writeColumnDataset(folder, "train", 240, 1);
  await writeColumnDataset(folder, "t10k", 90, 2);
  await cluster.startNode("node", { slots: 1 });
  await motif("datasets", "add", folder, "--name", "columns");
  page = await started.browser.newPage();
}, 120_000);
afterAll(async () => {
  await started.browser?.close();
  await cluster?.close();
}, 60_000);

/** What axe has against a page, and whether it scrolls sideways. */
async function violationsOf(view: Page): Promise<readonly string[]> {
  await view.evaluate(axe.source);
  const { violations } = await view.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document),
  );
  const sideways = await view.evaluate(
    () => document.documentElement.scrollWidth - window.innerWidth,
  );
  return [
    ...violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
    ...(sideways > 0 ? [`${sideways} pixels too wide`] : []),
  ];
}

/** What a command that must succeed prints with --json. */
async function motif(...args: string[]): Promise<unknown> {
  const { status, stdout, stderr } = await runMotif(
    ...[...args, "--json", "--url", cluster.replicas[0].address],
  );
  expect(status, `motif ${args.join(" ")}: ${stderr}`).toBe(0);
  return JSON.parse(stdout);
}

test("a training's page fills while its models are trained, and leads to them", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  // Nothing is trained before the page is there to be looked at.
  const [node] = await cluster.request<{ readonly id: string }[]>(
    "GET",
    "/api/nodes",
  );
  await cluster.request("POST", `/api/nodes/${node.id}/drain`);
  const { id } = (await motif(
    ...["train", "--dataset", "columns", "--name", "swept", "--no-watch"],
    ...["--sweep", "seed=0,1", "--epochs", "200", "--batch-size", "16"],
    ...["--architecture", "small-cnn"],
  )) as { readonly id: string };
  await page.goto(`${cluster.replicas[0].address}/job?id=${id}`);
  const tab = page.getByRole("tab", { name: "Models" });
  await tab.waitFor();
  expect(await tab.getAttribute("aria-selected")).toBe("true");
  expect(await page.getByRole("tab").allTextContents()).toEqual([
    "Models",
    "Shards",
    "Events",
    "Configuration",
  ]);
  const second = page.getByRole("row", { name: /swept-seed-1/ });
  await second.waitFor();
  // What the page shows from here on has come to it.
  expect(await second.getByRole("checkbox").isDisabled()).toBe(true);
  expect(await second.getByRole("link").count()).toBe(0);
  await cluster.request("POST", `/api/nodes/${node.id}/undrain`);

  // The first's curves grow while it is trained, and it is said where, how far and how fast.
  const now = page.getByRole("region", { name: "On nodes now" });
  await now.getByText("swept-seed-0").waitFor();
  expect(await now.textContent()).toMatch(
    /node[\d.,]+ images a second.*Epoch\d+ of 200Loss[\d.]+Accuracy\d+\.\d%Learning rate[\d.e-]+Images a second[\d.,]+Time left\d+ (s|min)/,
  );
  const first = page.getByRole("row", { name: /swept-seed-0/ });
  const loss = page.getByRole("img", { name: /^Loss: swept-seed-0 from / });
  const lastEpoch = async () =>
    Number(/(\d+)$/.exec((await loss.getAttribute("aria-label")) ?? "")?.[1]);
  await loss.waitFor();
  const seen = await lastEpoch();
  expect(await first.textContent()).toMatch(/running/);
  await waitFor("the curve to grow", async () => (await lastEpoch()) > seen, {
    withinMs: 20_000,
  });
  expect(await first.textContent()).toMatch(/running/);
  expect(await lastEpoch()).toBeLessThan(200);
  expect(await violationsOf(page)).toEqual([]);

  const link = second.getByRole("link", { name: "swept-seed-1" });
  await link.waitFor({ timeout: 120_000 });
  await second.getByText("succeeded").waitFor();
  expect(await second.textContent()).toMatch(
    /\d+\.\d%\d+\.\d–\d+\.\d%.*\d+ (s|min)$/,
  );
  for (const title of [
    "Loss",
    "Accuracy on the training images",
    "Learning rate",
    "Images a second",
  ])
    await page
      .getByRole("img", {
        name: new RegExp(
          `^${title}: swept-seed-0 from .* in epoch 1 to .* in epoch 200; swept-seed-1 from `,
        ),
      })
      .waitFor();

  for (const width of [1440, 390])
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.reload();
      await loss.waitFor();
      expect(await violationsOf(page), `${colorScheme}, ${width}`).toEqual([]);
    }

  await page
    .getByRole("checkbox", { name: "Show the curves of swept-seed-0" })
    .uncheck();
  const alone = page.getByRole("img", { name: /^Loss: swept-seed-1 from / });
  await alone.waitFor();
  await page.reload();
  await alone.waitFor();

  await link.click();
  await page.getByRole("heading", { level: 1, name: "swept-seed-1" }).waitFor();
}, 300_000);

test("a training that is spread over workers shows its rounds as they end", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const [node] = await cluster.request<{ readonly id: string }[]>(
    ...(["GET", "/api/nodes"] as const),
  );
  await cluster.request("POST", `/api/nodes/${node.id}/drain`);
  const { id } = (await motif(
    ...["train", "--dataset", "columns", "--name", "spread", "--no-watch"],
    ...["--workers", "2", "--rounds", "4", "--epochs", "240"],
    ...["--batch-size", "16", "--architecture", "small-cnn"],
  )) as { readonly id: string };
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${cluster.replicas[0].address}/job?id=${id}`);
  const row = page.getByRole("row", { name: /spread/ });
  await row.getByText("round 1 of 4, 2 workers").waitFor();
  await cluster.request("POST", `/api/nodes/${node.id}/undrain`);
  await row
    .getByText(/^round [234] of 4, 2 workers$/)
    .waitFor({ timeout: 60_000 });
  // Its first shard has ended long ago.
  expect(await row.textContent()).not.toMatch(/succeeded|100%/);
  await page
    .getByRole("img", { name: /^Loss: spread from .* in epoch 1 to / })
    .waitFor();
  await row.getByText("4 rounds, 2 workers").waitFor({ timeout: 60_000 });
  await row.getByText("succeeded").waitFor({ timeout: 60_000 });
  await page
    .getByRole("img", {
      name: /^Loss: spread from .* in epoch 1 to .* in epoch 240/,
    })
    .waitFor();
  await page.getByRole("tab", { name: "Shards" }).click();
  // Those of later rounds, too, though they were made later.
  await page.getByRole("button", { name: "Attempts of shard 8" }).waitFor();
  await page.getByRole("tab", { name: "Events" }).click();
  await page.getByText("round 4 of 4 is done").waitFor();
  expect(await violationsOf(page)).toEqual([]);
}, 180_000);
