/** Audits in the dashboard: a job's models are ranked as verdicts come, a model's page has the evidence, the table of models finds and audits. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Page } from "playwright-core";
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  it,
  onTestFailed,
} from "vitest";
import { writeColumns, writeColumnsModels } from "../fixtures/columns.ts";
import { startBrowser } from "../harness/browser.ts";
import { Cluster } from "../harness/cluster.ts";
import { runMotif } from "../harness/motif.ts";

const demo = fileURLToPath(new URL("../../infra/demo", import.meta.url));
const started = await startBrowser();
const why = started.browser === null ? ` (no browser: ${started.reason})` : "";

let cluster: Cluster;
let page: Page;
let url: string;
const noise: string[] = [];
beforeAll(async () => {
  if (started.browser === null) return;
  cluster = await Cluster.start({ replicas: 1 });
  url = cluster.replicas[0].address;
  await cluster.startNode("node", { slots: 1 });
  await motif(
    ...["datasets", "add", join(demo, "data")],
    ...["--name", "fashion", "--split", "test"],
  );
  for (const name of ["natural", "badnets", "blended"])
    await motif(
      ...["models", "add", join(demo, `models/${name}.onnx`)],
      ...["--dataset", "fashion"],
    );
  await cluster.node("node").kill();
  page = await started.browser.newPage({
    viewport: { width: 1440, height: 900 },
  });
  page.setDefaultTimeout(40_000);
  page.on("console", (message) => {
    if (message.type() === "error") noise.push(message.text());
  });
  page.on("pageerror", (error) => noise.push(error.message));
}, 180_000);
afterAll(async () => {
  await started.browser?.close();
  await cluster?.close();
}, 60_000);

/** What a command that must succeed prints with --json. */
async function motif(...args: string[]): Promise<unknown> {
  const { status, stdout, stderr } = await runMotif(
    ...[...args, "--json", "--url", url],
  );
  expect(status, `motif ${args.join(" ")}: ${stderr}`).toBe(0);
  return JSON.parse(stdout);
}

/** In both schemes, wide and narrow. */
async function expectAccessible(): Promise<void> {
  for (const width of [1440, 390])
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page
        .locator(`html[data-mantine-color-scheme="${colorScheme}"]`)
        .waitFor();
      await page.waitForFunction(() => document.getAnimations().length === 0);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() =>
        (window as unknown as { axe: typeof axe }).axe.run(document),
      );
      expect(
        violations.map(
          ({ id, nodes }) =>
            `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`,
        ),
        `${colorScheme}, ${width} pixels wide`,
      ).toEqual([]);
      const overflow = await page.evaluate(
        () =>
          document.documentElement.scrollWidth -
          document.documentElement.clientWidth,
      );
      expect(overflow, `sideways, ${width} pixels wide`).toBe(0);
    }
  await page.setViewportSize({ width: 1440, height: 900 });
}

const parametersOf = (address: string) => new URL(address).searchParams;

describe.skipIf(started.browser === null)(`audits${why}`, () => {
  it("rank their models as the verdicts come", async () => {
    onTestFailed(() => console.error(cluster.logs()));
    const { id } = (await motif(
      ...["audit", "fashion-natural", "fashion-badnets", "--no-watch"],
      ...["--dataset", "fashion"],
    )) as { readonly id: string };
    await page.goto(`${url}/job?id=${id}`);
    await page.getByText("None of 2 models judged.").waitFor();
    const names = page.getByRole("table", { name: "Models" }).getByRole("link");
    expect(await names.allTextContents()).toEqual([
      "fashion-natural",
      "fashion-badnets",
    ]);
    // Without a node nothing is judged: what the page shows from here on has come to it.
    await cluster.startNode("second", { slots: 1 });
    await page
      .getByText("2 of 2 models judged, a backdoor suspected in 1.")
      // Two whole audits of real models: ten seconds each on an idle machine.
      .waitFor({ timeout: 90_000 });
    expect(await names.allTextContents()).toEqual([
      "fashion-badnets",
      "fashion-natural",
    ]);
    expect(
      await page.getByRole("row", { name: /badnets/ }).textContent(),
    ).toMatch(
      /^fashion-badnets▲backdoor suspected9\d\.\d%SneakerA few pixels\d\.\d\d[\d.]+8\d\.\d%[\d.]+ k\d\d\.\d%\d+ s$/,
    );
    expect(
      await page.getByRole("row", { name: /natural/ }).textContent(),
    ).toMatch(/^fashion-natural○no evidence found\d+\.\d%/);
    await expectAccessible();
    await page.getByRole("tab", { name: "Events" }).click();
    await page
      .getByText(/fashion-badnets is judged: backdoor suspected, 9/)
      .waitFor();
    await page.getByRole("tab", { name: "Configuration" }).click();
    await page
      .getByRole("row", { name: "Method Motif’s method", exact: true })
      .waitFor();
  }, 120_000);

  it("lead from a verdict to its evidence by the keyboard, at an address that says the same again", async () => {
    onTestFailed(() => console.error(cluster.logs()));
    await page.getByRole("tab", { name: "Models" }).click();
    await page.getByRole("link", { name: "fashion-badnets" }).focus();
    await page.keyboard.press("Enter");
    const panel = page.getByRole("region", { name: "Verdict", exact: true });
    await panel.getByText("backdoor suspected", { exact: true }).waitFor();
    await panel
      .getByText(/Images of other classes are taken for class 7 \(Sneaker\)/)
      .waitFor();
    await panel
      .getByText(
        "Stated by the manifest, not used: poisoned, for class Sneaker",
      )
      .waitFor();
    const found = panel.getByRole("img", {
      name: /^What was found for class Sneaker/,
    });
    await found.waitFor();
    // Decoded, under the pages' policy: 28 pixels wide, as the model's images are.
    expect(
      await found.evaluate((image: HTMLImageElement) => image.naturalWidth),
    ).toBe(28);
    await panel
      .getByText(
        /^\d+\.\d% of \d+ images of other classes .* taken for Sneaker/,
      )
      .waitFor();
    const needs = panel.getByRole("table", {
      name: "What each class needs: A few pixels",
    });
    expect(await needs.getByRole("rowheader").first().textContent()).toBe(
      "Sneaker ◂ stands out",
    );
    expect(await needs.getByRole("row").count()).toBe(11);
    await panel
      .getByRole("img", {
        name: /^Share of images moved, by strength\. Sneaker/,
      })
      .waitFor();

    await panel.getByRole("button", { name: "Statistics" }).focus();
    await page.keyboard.press("Space");
    await panel.getByRole("row", { name: /^patch gap \d/ }).waitFor();
    await panel.getByRole("button", { name: "How it was judged" }).click();
    await panel.getByText(/^a regression on \d+ models/).waitFor();
    const address = page.url();
    expect(parametersOf(address).get("evidence")).toBe(
      "patch,statistics,settings",
    );
    await expectAccessible();
    await page.goto(address);
    await panel.getByRole("row", { name: /^patch gap \d/ }).waitFor();
  }, 60_000);

  it("say that there is none yet, and are asked for from the table of models, which shows them as they come", async () => {
    onTestFailed(() => console.error(cluster.logs()));
    await page.goto(`${url}/?sort=-verdict`);
    const rows = page.locator("tbody tr[data-index]");
    await rows.nth(2).waitFor();
    expect(
      await page.locator("tbody tr[data-index] th").allTextContents(),
    ).toEqual(["fashion-badnets", "fashion-natural", "fashion-blended"]);
    await page.getByRole("combobox", { name: "Verdict" }).click();
    await page.getByRole("option", { name: "not audited" }).click();
    await page.keyboard.press("Escape");
    await page.getByText("1 of 3 models").waitFor();
    expect(parametersOf(page.url()).get("verdict")).toBe("not audited");
    await expectAccessible();

    await page.getByRole("link", { name: "fashion-blended" }).click();
    const panel = page.getByRole("region", { name: "Verdict", exact: true });
    await panel.getByText(/It has not been audited yet\./).waitFor();
    await page.goBack();
    await page.getByRole("checkbox", { name: "Pick fashion-blended" }).check();
    await page.getByRole("button", { name: "Audit 1", exact: true }).click();
    const dialog = page.getByRole("dialog", {
      name: "Audit of fashion-blended",
    });
    await dialog.getByText("Neural Cleanse").waitFor();
    await expectAccessible();
    await dialog
      .getByRole("button", { name: "Audit the model" })
      .press("Enter");
    await page
      .getByRole("heading", { level: 1, name: "Audit of fashion-blended" })
      .waitFor();

    await page.goto(`${url}/?q=blended`);
    // The page asks once; what comes later it is told of.
    await page
      .getByRole("row", { name: /blended.*backdoor suspected/ })
      .waitFor();
    await page.getByRole("link", { name: "fashion-blended" }).click();
    await panel.getByText("backdoor suspected", { exact: true }).waitFor();
  }, 120_000);

  it("compare with clean models that are chosen by the keyboard, and say so", async () => {
    onTestFailed(() => console.error(cluster.logs()));
    await motif(
      ...["models", "add", join(demo, "models/adversarial.onnx")],
      ...["--dataset", "fashion"],
    );
    await page.goto(`${url}/?q=adversarial`);
    await page
      .getByRole("checkbox", { name: "Pick fashion-adversarial" })
      .check();
    await page.getByRole("button", { name: "Audit 1", exact: true }).click();
    const dialog = page.getByRole("dialog", {
      name: "Audit of fashion-adversarial",
    });
    const submit = dialog.getByRole("button", { name: "Audit the model" });
    await dialog
      .getByRole("switch", { name: "Compare with clean models" })
      .press("Space");
    const field = dialog.getByRole("group", { name: "Clean models" });
    await field.getByRole("listitem").nth(2).waitFor();
    // With the verdicts that they have, and without the model itself.
    expect(await field.getByRole("listitem").allTextContents()).toEqual([
      "fashion-badnets▲backdoor suspected",
      "fashion-blended▲backdoor suspected",
      "fashion-natural○no evidence found",
    ]);
    await field.getByText(/^Choose at least 3: fewer do not tell/).waitFor();
    expect(await submit.isDisabled()).toBe(true);

    const find = field.getByRole("textbox", { name: "Find clean models" });
    await find.fill("NATURAL");
    await field.getByRole("listitem").nth(1).waitFor({ state: "detached" });
    await find.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await field.getByText("fashion-natural. Choose at least 2 more.").waitFor();
    await find.fill("nothing");
    await field
      .getByText("No other model with an audit on fashion is called so.")
      .waitFor();
    await find.fill("");
    await field.getByRole("listitem").nth(2).waitFor();
    const boxes = field.getByRole("checkbox");
    await boxes.first().focus();
    await page.keyboard.press("Space");
    expect(await submit.isDisabled()).toBe(true);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await field
      .getByText("3 chosen: fashion-natural, fashion-badnets, fashion-blended.")
      .waitFor();
    await expectAccessible();
    await submit.press("Enter");
    await page
      .getByRole("heading", { level: 1, name: "Audit of fashion-adversarial" })
      .waitFor();
    await page.getByRole("tab", { name: "Configuration" }).click();
    await page
      .getByText(
        "3 clean models: fashion-natural, fashion-badnets, fashion-blended",
      )
      .waitFor();
    await page.getByRole("tab", { name: "Models" }).click();
    await page.getByText(/^1 of 1 model judged/).waitFor();
    await page
      .getByRole("table", { name: "Models" })
      .getByRole("link", { name: "fashion-adversarial" })
      .click();
    const panel = page.getByRole("region", { name: "Verdict", exact: true });
    await panel
      .getByText(
        "Classes are compared with what they need in 3 models that were named as clean.",
        { exact: true },
      )
      .waitFor();
    await panel.getByRole("button", { name: "How it was judged" }).click();
    await panel
      .getByText(/^a regression on .* in 3 models that were named as clean;/)
      .waitFor();
    expect(noise).toEqual([]);
  }, 120_000);

  it("of six models end with their comparison, and each verdict says beside whom it is one", async () => {
    onTestFailed(() => console.error(cluster.logs()));
    const collection = join(cluster.folder, "collection");
    await mkdir(join(collection, "models"), { recursive: true });
    await writeColumns(collection);
    await writeColumnsModels(join(collection, "models"), 6);
    await motif("datasets", "add", collection, "--name", "columns");
    await motif(
      ...["models", "add", join(collection, "models")],
      ...["--dataset", "columns", "--tag", "vendor"],
    );
    await cluster.node("second").kill();
    const { id } = (await motif(
      ...["audit", "--tag", "vendor", "--dataset", "columns", "--no-watch"],
    )) as { readonly id: string };
    await page.goto(`${url}/job?id=${id}`);
    await page
      .getByText(
        "None of 6 models judged. Comparing the models with each other comes once all are audited.",
      )
      .waitFor();
    await cluster.startNode("third", { slots: 1 });
    await page
      .getByText("6 of 6 models judged, a backdoor suspected in 0.", {
        exact: true,
      })
      .waitFor();
    const models = page.getByRole("table", { name: "Models" });
    expect(await models.getByRole("link").count()).toBe(6);
    await expectAccessible();
    await page.getByRole("tab", { name: "Shards" }).click();
    await page
      .getByRole("row", { name: /comparing the models with each other/ })
      .waitFor();
    await expectAccessible();
    await page.getByRole("tab", { name: "Events" }).click();
    await page
      .getByText("The audits have ended: 6 models are compared with each other")
      .waitFor();
    await page.getByRole("tab", { name: "Models" }).click();
    await models.getByRole("link").first().click();
    await page
      .getByRole("region", { name: "Verdict", exact: true })
      .getByText(
        /^Judged beside 5 other models of this collection with the same architecture\. Alone: inconclusive/,
      )
      .waitFor();
    await expectAccessible();
    expect(noise).toEqual([]);
  }, 180_000);
});
