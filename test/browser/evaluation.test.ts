/** An evaluation's page: its models fill in while they are measured, and a model's page shows the newest of each data set. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFailed } from "vitest";
import { startBrowser } from "../harness/browser.ts";
import { Cluster } from "../harness/cluster.ts";
import { runMotif } from "../harness/motif.ts";

const demo = fileURLToPath(new URL("../../infra/demo", import.meta.url));
const started = await startBrowser();
const test = it.skipIf(started.browser === null);

let cluster: Cluster;
let page: Page;
beforeAll(async () => {
  if (started.browser === null) return;
  cluster = await Cluster.start({ replicas: 1 });
  await cluster.startNode("node", { slots: 1 });
  await motif(
    ...["datasets", "add", join(demo, "data")],
    ...["--name", "fashion", "--split", "test"],
  );
  for (const name of ["natural", "badnets"])
    await motif(
      ...["models", "add", join(demo, `models/${name}.onnx`)],
      ...["--dataset", "fashion"],
    );
  await cluster.node("node").kill();
  page = await started.browser.newPage();
}, 180_000);
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

async function violationsOf(view: Page): Promise<string[]> {
  await view.evaluate(axe.source);
  const { violations } = await view.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document),
  );
  return violations.map(({ id, help }) => `${id}: ${help}`);
}

test("an evaluation's page fills while its models are measured, and a model's page shows what came out", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const { id } = (await motif(
    ...["evaluate", "fashion-natural", "fashion-badnets", "--no-watch"],
    ...["--dataset", "fashion", "--images", "100", "--attack", "ensemble"],
    ...["--epsilon", "0.04", "--apgd-steps", "10", "--apgd-targets", "2"],
    ...["--square-queries", "50"],
  )) as { readonly id: string };
  await page.goto(`${cluster.replicas[0].address}/job?id=${id}`);
  const tab = page.getByRole("tab", { name: "Models" });
  await tab.waitFor();
  expect(await page.getByRole("tab").allTextContents()).toEqual([
    "Models",
    "Shards",
    "Events",
    "Configuration",
  ]);
  const badnets = page.getByRole("row", { name: /fashion-badnets/ });
  await badnets.waitFor();
  // Without a node nothing is measured: what the page shows from here on has come to it.
  expect(await badnets.textContent()).toMatch(/^fashion-badnets–{8}\D+$/);
  await cluster.startNode("second", { slots: 1 });
  await badnets.getByText("succeeded").waitFor();
  // Beside each share stands its interval.
  const share = String.raw`\d+\.\d%\d+\.\d–\d+\.\d%`;
  expect(await badnets.textContent()).toMatch(
    new RegExp(
      `^fashion-badnets${share}${share}(\\d+\\.\\d%){4}${share}\\d+\\.\\d%\\d+ s.*succeeded$`,
    ),
  );
  expect(await page.getByRole("columnheader").allTextContents()).toEqual([
    ...["Model", "Clean accuracy", "Robust accuracy"],
    ...["PGD-20", "+ APGD-CE", "+ APGD-T", "+ Square"],
    ...["Attack success", "Calibration error", "Took", "State"],
  ]);
  await page
    .getByText("On 100 images each. Perturbed within L∞ ε = 0.04")
    .waitFor();
  expect(await violationsOf(page)).toEqual([]);

  await badnets.getByRole("link", { name: "fashion-badnets" }).click();
  await page
    .getByRole("heading", { level: 1, name: "fashion-badnets" })
    .waitFor();
  const newest = page.getByRole("row", { name: /^fashion ?test/ });
  await newest.waitFor();
  expect(await newest.textContent()).toMatch(
    new RegExp(
      `^fashiontest${share}${share}PGD-20, APGD-CE, APGD-T, SquareL∞ ε = 0.04${share}\\d+\\.\\d%100`,
    ),
  );

  // Another evaluation takes its place while the page stands.
  await motif(
    ...["evaluate", "fashion-badnets", "--dataset", "fashion"],
    ...["--images", "50", "--attack", "none"],
  );
  await newest.getByText("50", { exact: true }).waitFor();
  expect(await violationsOf(page)).toEqual([]);
  await newest.getByRole("link", { name: "To the job" }).click();
  await page.getByRole("heading", { name: /^Evaluation of/ }).waitFor();
}, 240_000);
