/** A training's page: its models fill in while they are trained, and lead to where they are registered. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFailed } from "vitest";
import { writeColumnDataset } from "../../gpu-node/src/training/check-dataset.ts";
import { startBrowser } from "../harness/browser.ts";
import { Cluster } from "../harness/cluster.ts";
import { runMotif } from "../harness/motif.ts";

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
  const { id } = (await motif(
    ...["train", "--dataset", "columns", "--name", "swept", "--no-watch"],
    ...["--sweep", "seed=0,1", "--epochs", "60", "--batch-size", "16"],
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
  // The one slot is at the first: what the page shows from here on has come to it.
  expect(await second.getByRole("checkbox").isDisabled()).toBe(true);
  expect(await second.getByRole("link").count()).toBe(0);

  const link = second.getByRole("link", { name: "swept-seed-1" });
  await link.waitFor();
  await second.getByText("succeeded").waitFor();
  expect(await second.textContent()).toMatch(
    /\d+\.\d%\d+\.\d–\d+\.\d%.*\d+ s$/,
  );
  for (const title of ["Loss", "Accuracy on the training images"])
    await page
      .getByRole("img", {
        name: new RegExp(
          `^${title}: swept-seed-0 from .* in epoch 1 to .* in epoch 60; swept-seed-1 from `,
        ),
      })
      .waitFor();

  await page
    .getByRole("checkbox", { name: "Show the curves of swept-seed-0" })
    .uncheck();
  const alone = page.getByRole("img", { name: /^Loss: swept-seed-1 from / });
  await alone.waitFor();
  await page.reload();
  await alone.waitFor();

  await link.click();
  await page.getByRole("heading", { level: 1, name: "swept-seed-1" }).waitFor();
}, 120_000);
