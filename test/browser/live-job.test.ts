/** A job's page while the job runs: how soon what happens is on the screen, and that a break in the network loses nothing. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startBrowser } from "../harness/browser.ts";
import { Cluster } from "../harness/cluster.ts";
import { TcpProxy } from "../harness/tcp-proxy.ts";
import { waitFor } from "../harness/wait-for.ts";

const shards = 200;
/** An update is on the screen within this at the 95th percentile. */
const soonMs = 1_000;
const breakMs = 30_000;

const started = await startBrowser();
const test = it.skipIf(started.browser === null);

let cluster: Cluster;
/** Between the browser and the control plane. */
let network: TcpProxy;
let page: Page;
beforeAll(async () => {
  if (started.browser === null) return;
  cluster = await Cluster.start({ replicas: 1 });
  await cluster.startNode("node", { slots: 2 });
  const { port } = new URL(cluster.replicas[0].address);
  network = await TcpProxy.start(Number(port));
  page = await started.browser.newPage();
});
afterAll(async () => {
  await started.browser?.close();
  await network?.close();
  await cluster?.close();
});

/** What a page has shown. */
interface Shown {
  /** How many shards it says have ended. */
  readonly ended: number;
  /** When that was drawn; milliseconds. */
  readonly at: number;
}
type Watching = Window & { shown?: Shown[] };

/** Submits a job and opens its page. */
async function openJob(waitMs: number): Promise<string> {
  const { id } = await cluster.request<{ id: string }>("POST", "/api/jobs", {
    kind: "noop",
    shards,
    waitMs,
  });
  await page.goto(`http://127.0.0.1:${network.port}/job?id=${id}`);
  await page.getByRole("progressbar").waitFor();
  await page.evaluate(() => {
    const shown: Shown[] = [];
    (window as Watching).shown = shown;
    const look = () => {
      const words = document
        .querySelector("[role=progressbar]")
        ?.getAttribute("aria-valuetext");
      const ended = Number(/, (\d+) of/.exec(words ?? "")?.[1]);
      if (ended !== shown.at(-1)?.ended)
        requestAnimationFrame(() => shown.push({ ended, at: Date.now() }));
    };
    const options = { subtree: true, childList: true, attributes: true };
    new MutationObserver(look).observe(document.body, options);
    look();
  });
  return id;
}

const shownSoFar = (): Promise<readonly Shown[]> =>
  page.evaluate(() => (window as Watching).shown ?? []);

const awaitEnd = (id: string) =>
  waitFor(
    "the job to end",
    async () => {
      const job = await cluster.request<{ status: string }>(
        "GET",
        `/api/jobs/${id}`,
      );
      return job.status === "SUCCEEDED";
    },
    { withinMs: 120_000 },
  );

/** Until the page says by itself that all of it is done, bar and map. */
async function awaitWholePage(): Promise<void> {
  await page.getByText("succeeded", { exact: true }).waitFor();
  await page.getByText(`${shards} / ${shards}`).waitFor();
  await page.getByText(`${shards} done`).waitFor();
}

interface Progress {
  readonly type: string;
  readonly at: string;
  readonly body: { readonly succeeded: number };
}

test(`what happens to ${shards} shards is on the screen within ${soonMs} ms at the 95th percentile`, async () => {
  const id = await openJob(150);
  await awaitEnd(id);
  await awaitWholePage();
  const shown = await shownSoFar();
  const { events } = await cluster.request<{ events: readonly Progress[] }>(
    "GET",
    `/api/jobs/${id}/events?limit=1000`,
  );
  const delays = events
    .filter(
      ({ type, at }) => type === "progress" && Date.parse(at) > shown[0].at,
    )
    .map(({ at, body }) => {
      const first = shown.find(({ ended }) => ended >= body.succeeded);
      return first ? Math.max(0, first.at - Date.parse(at)) : Infinity;
    })
    .sort((a, b) => a - b);
  expect(delays.length).toBeGreaterThan(20);
  expect(delays[Math.floor(delays.length * 0.95)]).toBeLessThan(soonMs);
});

test(`a break of ${breakMs / 1000} s loses nothing, and is shown while it lasts`, async () => {
  const id = await openJob(150);
  await waitFor(
    "some shards to be shown",
    async () => {
      const last = (await shownSoFar()).at(-1);
      return last !== undefined && last.ended > 10;
    },
    { withinMs: 30_000 },
  );
  network.cut();
  await page.getByText("The control plane does not answer").waitFor();
  const before = (await shownSoFar()).length;
  await page.waitForTimeout(breakMs);
  expect((await shownSoFar()).length).toBeLessThanOrEqual(before + 1);
  network.mend();
  await awaitEnd(id);
  await awaitWholePage();
  await page.getByText("The control plane does not answer").waitFor({
    state: "detached",
  });
  await page.getByRole("tab", { name: "Events" }).click();
  await page.getByText("The job succeeded").waitFor();
});
