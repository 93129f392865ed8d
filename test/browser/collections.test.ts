/** A collection of models in the dashboard: tagged by many, found by a tag, reviewed, and what was said found again by its address. */
import { readFile } from "node:fs/promises";
import axe from "axe-core";
import type { Locator, Page } from "playwright-core";
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  it,
  onTestFailed,
} from "vitest";
import { startBrowser } from "../harness/browser.ts";
import { Cluster } from "../harness/cluster.ts";
import { seedGallery } from "../harness/seed-gallery.ts";

const started = await startBrowser();
const why = started.browser === null ? ` (no browser: ${started.reason})` : "";

let cluster: Cluster;
let page: Page;
let url: string;
const noise: string[] = [];
beforeAll(async () => {
  if (started.browser === null) return;
  cluster = await Cluster.start({ replicas: 1 });
  await seedGallery(cluster, { models: 3, classes: 4, canvases: 2 });
  url = cluster.replicas[0].address;
  page = await open("/");
}, 180_000);
afterAll(async () => {
  await started.browser?.close();
  await cluster?.close();
}, 60_000);

async function open(path: string): Promise<Page> {
  const opened = await started.browser!.newPage({
    viewport: { width: 1440, height: 900 },
  });
  opened.setDefaultTimeout(20_000);
  opened.on("console", (message) => {
    if (message.type() === "error")
      noise.push(`${message.text()} ${message.location().url}`);
  });
  opened.on("pageerror", (error) => noise.push(error.message));
  opened.on("dialog", (dialog) => {
    noise.push(`a script ran: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await opened.goto(url + path);
  return opened;
}

const rowsOf = (view: Page): Promise<string[]> =>
  view.locator("tbody tr[data-index] th").allTextContents();
const panel = (view: Page, name: string): Locator =>
  view.getByRole("region", { name, exact: true });

async function say(
  place: Locator,
  { status, comment }: { readonly status?: string; readonly comment: string },
): Promise<void> {
  await place.getByLabel("Comment").fill(comment);
  if (status !== undefined)
    await place.getByLabel("Status").selectOption(status);
  await place.getByRole("button", { name: "Add to the review" }).click();
  await place.getByRole("listitem").getByText(comment).waitFor();
}

describe.skipIf(started.browser === null)(`a collection${why}`, () => {
  it("is tagged by many at once, and found by a tag at an address that says the same again", async () => {
    onTestFailed(() => console.error(cluster.logs()));
    for (const name of ["generated 1", "generated 3"])
      await page
        .getByRole("checkbox", { name: `Pick ${name}`, exact: true })
        .check();
    await page.getByRole("button", { name: "Tags of 2" }).click();
    const dialog = page.getByRole("dialog", { name: "Tags of 2 models" });
    const field = dialog.getByLabel("Put on");
    await field.fill("two words");
    await field.press("Enter");
    await dialog.getByText("“two words” is no tag").waitFor();
    expect(
      await dialog.getByRole("button", { name: "Change the tags" }).isEnabled(),
    ).toBe(false);
    await field.press("Backspace");
    await field.fill("Vendor-A");
    await field.press("Enter");
    expect(await violationsOf(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Change the tags" }).click();
    await dialog.waitFor({ state: "detached" });
    await page
      .getByRole("row", { name: /generated 3/ })
      .getByText("vendor-a")
      .waitFor();

    await page.getByLabel("Tags", { exact: true }).first().click();
    await page.getByRole("option", { name: "vendor-a" }).click();
    await page.getByText("2 of 3 models").waitFor();
    expect(await rowsOf(page)).toEqual(["generated 1", "generated 3"]);
    expect(new URL(page.url()).search).toBe("?tag=vendor-a");
    const other = await open(new URL(page.url()).search);
    await other.getByText("2 of 3 models").waitFor();
    expect(await rowsOf(other)).toEqual(["generated 1", "generated 3"]);

    // All that are listed, and off one of them again: the other's page follows.
    await page
      .getByRole("checkbox", { name: "Pick all that are listed" })
      .check();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByRole("checkbox", { name: "Pick generated 1" }).check();
    await page.getByRole("button", { name: "Tags of 1" }).click();
    await page.getByLabel("Take off").first().click();
    await page.getByRole("option", { name: "vendor-a" }).click();
    // Out of the field, so that its list does not lie over the button.
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "Change the tags" }).click();
    await other.getByText("1 of 3 models").waitFor();
    await other.close();
  });

  it("is reviewed, and everybody who looks sees who said what and when", async () => {
    const waiting = await open("/?review=confirmed");
    await waiting.getByText("No model fits").waitFor();
    await page.goto(url);
    await page.getByRole("link", { name: "generated 2" }).click();
    const own = panel(page, "Review of the model");
    await own.getByText("Nobody has said anything yet.").waitFor();
    const text = "Odd in one corner.\n<img src=x onerror=alert(1)>";
    await say(own, { status: "confirmed", comment: text });
    const entry = own.getByRole("listitem");
    expect(await entry.textContent()).toContain(text);
    expect(await entry.locator("img").count()).toBe(0);
    expect(await entry.textContent()).toMatch(/^localjust now/);
    await entry.locator("time").hover();
    await page.getByRole("tooltip", { name: /\d{2}:\d{2}:\d{2}/ }).waitFor();
    await waiting.getByText("1 of 3 models").waitFor();
    expect(await rowsOf(waiting)).toEqual(["generated 2"]);
    await waiting
      .getByRole("row", { name: /generated 2/ })
      .getByText("confirmed")
      .waitFor();
    await waiting.close();
  });

  it("has a review of each class and each pattern, each at an address of its own", async () => {
    await page.getByRole("gridcell", { name: /^class 2,.*canvas 1/ }).click();
    const ofPattern = panel(page, "Review of this pattern");
    await say(ofPattern, { comment: "This pattern is a patch." });
    await ofPattern
      .locator("..")
      .getByRole("link", { name: "Review of the class class 2" })
      .click();
    const ofClass = panel(page, "Review of class 2");
    await ofClass.getByText("Nobody has said anything yet.").waitFor();
    await say(ofClass, { status: "needs-work", comment: "Search it longer." });
    const address = page.url();
    expect(new URL(address).searchParams.get("about")).toBe("class.2");

    const other = await open(
      new URL(address).pathname + new URL(address).search,
    );
    await panel(other, "Review of class 2")
      .getByText("Search it longer.")
      .waitFor();
    const id = new URL(address).searchParams.get("id");
    await other.goto(`${url}/model?id=${id}`);
    const all = panel(other, "Review of the model");
    await all.getByText("This pattern is a patch.").waitFor();
    expect(await all.getByRole("listitem").count()).toBe(3);
    await all
      .getByRole("link", { name: "pattern of class 2, canvas 1, seed 0" })
      .click();
    const again = panel(other, "Review of this pattern");
    await again.getByText("This pattern is a patch.").waitFor();
    expect(new URL(other.url()).searchParams.get("pattern")).toBe("2.1.0");
    await other.close();
  });

  it("is exported as it is listed, as a page that runs nothing and fits both schemes", async () => {
    await page.goto(`${url}/?tag=vendor-a`);
    await page.getByText("1 of 3 models").waitFor();
    await page.getByRole("button", { name: "Export" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: /^HTML page/ }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("motif-models.html");
    const html = await readFile(await download.path(), "utf8");
    const file = await started.browser!.newPage();
    for (const colorScheme of ["light", "dark"] as const) {
      await file.emulateMedia({ colorScheme });
      await file.setContent(html);
      expect(await violationsOf(file)).toEqual([]);
      expect(await file.getByRole("rowheader").allTextContents()).toEqual([
        "generated 3",
      ]);
    }
    await file.close();
    await page.goto(url);
    await page.getByRole("link", { name: "generated 2" }).click();
    await page.waitForURL(/model\?id=/);
  });

  for (const width of [1440, 390])
    for (const colorScheme of ["light", "dark"] as const)
      it(`has no violation of axe, ${colorScheme}, ${width} pixels wide, and no sideways scrolling`, async () => {
        const id = new URL(page.url()).searchParams.get("id");
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const problems: string[] = [];
        for (const path of [
          ...["/", "/?tag=vendor-a", "/?review=dismissed"],
          ...[`/model?id=${id}`, `/model?id=${id}&about=class.2`],
          `/model?id=${id}&pattern=2.1.0`,
        ]) {
          await page.goto(url + path);
          await page.getByRole("heading", { level: 1 }).waitFor();
          await page.waitForLoadState("networkidle");
          if (path.startsWith("/model"))
            await page.getByLabel("What was said").first().waitFor();
          for (const violation of await violationsOf(page))
            problems.push(`${path}: ${violation}`);
          const sideways = await page.evaluate(
            () => document.documentElement.scrollWidth - window.innerWidth,
          );
          if (sideways > 0)
            problems.push(`${path}: ${sideways} pixels too wide`);
        }
        await page.goto(`${url}/model?id=${id}`);
        expect(problems).toEqual([]);
      });

  it("leaves nothing in the console", () => {
    expect(noise).toEqual([]);
  });
});

async function violationsOf(view: Page): Promise<string[]> {
  await view.evaluate(axe.source);
  const { violations } = await view.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document),
  );
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`,
  );
}
