/** The dashboard of a control plane that other machines reach: login, tokens, audit log, and what happens when a token is withdrawn. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBrowser } from "../harness/browser.ts";
import { runMotif } from "../harness/motif.ts";
import * as programs from "../harness/programs.ts";
import { send } from "../harness/rest.ts";
import { RunningProcess } from "../harness/running-process.ts";

const started = await startBrowser();
const why = started.browser === null ? ` (no browser: ${started.reason})` : "";

let folder: string;
let server: RunningProcess;
let page: Page;
let [url, secret] = ["", ""];
beforeAll(async () => {
  if (started.browser === null) return;
  folder = await mkdtemp(join(tmpdir(), "motif-login-"));
  // As root, PostgreSQL runs as another user, who has to get in.
  await chmod(folder, 0o711);
  const data = join(folder, "data");
  const { stdout } = await runMotif(
    ...["tokens", "create", "--name", "ada", "--scope", "admin"],
    ...["--data-dir", data, "--json"],
  );
  ({ token: secret } = JSON.parse(stdout) as { token: string });
  server = new RunningProcess({
    name: "control plane",
    program: programs.node,
    args: [
      ...[programs.controlPlane, "up", "--port", "0", "--grpc-port", "0"],
      ...["--json", "--host", "0.0.0.0", "--data-dir", data],
    ],
    logPath: join(folder, "up.log"),
  });
  const line = await server.line("url");
  url = String(line.url).replace("0.0.0.0", "localhost");
  page = await started.browser.newPage();
  page.setDefaultTimeout(20_000);
}, 120_000);
afterAll(async () => {
  await started.browser?.close();
  await server?.stop();
  if (folder !== undefined)
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});

const violations = async () => {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document),
  );
  return found.violations.map(
    (one) => `${one.id}: ${one.nodes[0]?.html.slice(0, 200)}`,
  );
};
const login = () => page.getByRole("heading", { level: 1, name: "Log in" });
async function logIn(token: string): Promise<void> {
  await page.getByLabel("API token", { exact: true }).fill(token);
  await page.keyboard.press("Enter");
}

describe.skipIf(started.browser === null)(`a browser${why}`, () => {
  it("is asked for a token wherever it comes in, and told what is wrong with one", async () => {
    for (const path of ["/settings", "/jobs", "/"]) {
      await page.goto(url + path);
      await login().waitFor();
    }
    expect(await violations()).toEqual([]);
    await logIn("motif_wrong");
    await page.getByText(/unknown, expired or withdrawn/).waitFor();
    await logIn("two words");
    await page.getByText(/A token is one word/).waitFor();
  });

  it("stays logged in, live as well, with a cookie that no script reads", async () => {
    await logIn(secret);
    await page.getByRole("heading", { level: 1, name: "Models" }).waitFor();
    await page.goto(`${url}/settings`);
    await page.getByText("Logged in as ada").waitFor();
    expect(await page.evaluate(() => document.cookie)).toBe("");
    await page.goto(`${url}/jobs`);
    await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
    const headers = { authorization: `Bearer ${secret}` };
    const body = { kind: "noop", shards: 1, waitMs: 0, name: "seen live" };
    await send(url, "POST", "/api/jobs", body, headers);
    await page.getByRole("link", { name: "seen live" }).first().waitFor();
  });

  it("makes a token for somebody, shown once, and withdraws it", async () => {
    await page.goto(`${url}/settings`);
    await page.getByRole("button", { name: "New token…" }).click();
    const dialog = page.getByRole("dialog", { name: "New token" });
    await dialog.getByLabel("Name").waitFor();
    await expect.poll(violations).toEqual([]);
    await dialog.getByRole("button", { name: "Make it" }).click();
    await dialog.getByText("Say whose it is.").waitFor();
    await dialog.getByLabel("Name").fill("grace");
    await dialog.getByRole("button", { name: "Make it" }).click();
    const shown = page.getByText(/^motif_\S{40,}$/);
    const made = await shown.textContent();
    const headers = { authorization: `Bearer ${made}` };
    const see = async () =>
      (await send(url, "GET", "/api/session", undefined, headers)).status;
    expect(await see()).toBe(200);
    await dialog.waitFor({ state: "detached" });
    expect(await violations()).toEqual([]);
    await page.getByRole("button", { name: "Done" }).click();
    expect(await shown.count()).toBe(0);
    await page.getByRole("button", { name: "Revoke the token grace" }).click();
    await page.getByRole("button", { name: "Revoke it" }).click();
    await page.getByText("revoked", { exact: true }).waitFor();
    expect(await see()).toBe(401);
    const log = page.getByRole("region", { name: "Table of changes" });
    await log.getByText("token.revoke").waitFor();
  });

  it("is asked again once its own token is withdrawn, and can log out", async () => {
    await page.getByRole("button", { name: "Log out" }).click();
    await login().waitFor();
    await logIn(secret);
    await page.getByText("Logged in as ada").waitFor();
    const headers = { authorization: `Bearer ${secret}` };
    const { body } = await send<readonly { id: string; name: string }[]>(
      url,
      "GET",
      "/api/tokens",
      undefined,
      headers,
    );
    const { id } = body.find(({ name }) => name === "ada")!;
    await send(url, "DELETE", `/api/tokens/${id}`, undefined, headers);
    await page.getByRole("link", { name: "Jobs" }).click();
    await login().waitFor();
    expect(await page.context().cookies()).toEqual([]);
  });
});
