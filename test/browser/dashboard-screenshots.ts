/** Every view of the dashboard as a picture, over the demo: part of `npm run screenshots`. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { startMotif } from "../harness/motif.ts";
import { send } from "../harness/rest.ts";
import { waitFor } from "../harness/wait-for.ts";
import { findFreePort } from "./find-free-port.ts";

interface Job {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly status: string;
}

/** @param target folder of the pictures @param tell called with the path of each */
export async function drawDashboard(
  browser: Browser,
  target: string,
  tell: (path: string) => void,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "motif-screenshots-"));
  // As root, PostgreSQL runs as another user, who has to get in.
  await chmod(folder, 0o711);
  const port = await findFreePort();
  const demo = startMotif(
    ...["demo", "--out", join(folder, "demo"), "--port", `${port}`],
  );
  try {
    await demo.waitFor(/searches of ten classes each/);
    const url = `http://127.0.0.1:${port}`;
    const jobs = await waitFor(
      "the demo's searches",
      async () => {
        const { body } = await send<readonly Job[]>(url, "GET", "/api/jobs");
        const searches = body.filter(({ kind }) => kind === "search");
        const areDone = searches.every(({ status }) => status === "SUCCEEDED");
        return searches.length >= 4 && areDone && body;
      },
      { withinMs: 300_000 },
    );
    const views = viewsOf(jobs, await audit(url));
    const page = await browser.newPage();
    for (const width of [1440, 390])
      for (const colorScheme of ["light", "dark"] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        for (const [name, path] of Object.entries(views)) {
          await page.goto(url + path);
          await page.getByRole("heading", { level: 1 }).waitFor();
          await page.waitForLoadState("networkidle");
          const picture = join(
            target,
            `dashboard-${name}-${width}-${colorScheme}.png`,
          );
          await page.screenshot({ path: picture, fullPage: true });
          tell(picture);
        }
      }
    await page.close();
  } finally {
    demo.signal("SIGTERM");
    await demo.finished;
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Of the demo's models. @returns the job's id */
async function audit(url: string): Promise<string> {
  const kinds = ["natural", "badnets", "adversarial"];
  const { body: submitted } = await send<Job>(url, "POST", "/api/jobs", {
    kind: "audit",
    dataset: "Fashion-MNIST sample",
    models: kinds.map((kind) => `fashion-${kind}`),
  });
  const ended = await waitFor(
    "the audit",
    async () => {
      const { body } = await send<Job>(url, "GET", `/api/jobs/${submitted.id}`);
      return body.status !== "RUNNING" && body;
    },
    { withinMs: 300_000 },
  );
  if (ended.status !== "SUCCEEDED")
    throw new Error(`the audit ended as ${ended.status}`);
  return ended.id;
}

function viewsOf(
  jobs: readonly Job[],
  audited: string,
): Readonly<Record<string, string>> {
  const idOf = (words: string) =>
    jobs.find(({ name }) => name.includes(words))?.id ?? "";
  const [badnets, natural] = [
    idOf("badnets model, free"),
    idOf("natural model, free"),
  ];
  return {
    models: "/",
    model: `/model?id=fashion-badnets&job=${badnets}`,
    masks: `/model?id=fashion-badnets&job=${badnets}&view=mask&pattern=7.0.0`,
    pasted: `/model?id=fashion-badnets&job=${badnets}&view=pasted&pattern=7.0.0`,
    compare: `/compare?jobs=${natural},${badnets}`,
    datasets: "/datasets",
    dataset: "/dataset?id=Fashion-MNIST%20sample",
    jobs: "/jobs",
    job: `/job?id=${badnets}`,
    curves: `/job?id=${badnets}&tab=curves`,
    shards: `/job?id=${badnets}&tab=shards`,
    events: `/job?id=${badnets}&tab=events`,
    audit: `/job?id=${audited}`,
    verdict: `/model?id=fashion-badnets&audit=${audited}`,
    nodes: "/nodes",
    "new-job": "/new-job?model=fashion-natural",
    "new-model": "/new-model",
    "new-dataset": "/new-dataset",
    settings: "/settings",
  };
}
