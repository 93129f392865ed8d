/** One launcher for both programs: its list is what there is, and what goes wrong is one line with the mend. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { runMotif } from "../harness/motif.ts";

const listed = async () =>
  [
    ...(await runMotif("--help")).stdout.matchAll(/^ {2}([a-z-]+) {2,}\S/gm),
  ].map(([, name]) => name);

it("lists commands that are all there", async () => {
  const names = await listed();
  expect(names).toEqual(
    expect.arrayContaining([
      ...["demo", "up", "node", "search", "export"],
      ...["train", "evaluate"],
    ]),
  );
  for (const name of names) {
    const help = await runMotif(name, "--help");
    expect(help, name).toMatchObject({ status: 0, stderr: "" });
    expect(help.stdout).toMatch(new RegExp(`^Usage: motif ${name}\\b`));
  }
});

it.each(["search", "demo"])(
  "%s --local is the one without a server",
  async (name) => {
    const local = await runMotif(name, "--local", "--help");
    const clustered = await runMotif(name, "--help");
    expect([local.status, clustered.status]).toEqual([0, 0]);
    expect(local.stdout).not.toBe(clustered.stdout);
  },
);

describe("wrong use has status 2 and says what is right", () => {
  it.each([
    [["serch"], /no command serch/],
    [["search", "--dataset", "d"], /--model/],
    [["jobs", "--limit", "0"], /whole number from 1/],
    [["jobs", "--watch"], /motif jobs ID --watch/],
    [["nodes", "--url", "localhost"], /not an address/],
    [["cancel"], /missing required argument 'id'/],
  ])("%j", async (args, said) => {
    const refused = await runMotif(...args);
    expect(refused.stderr).toMatch(said);
    expect(refused.status).toBe(2);
  });
});

describe("without a server", () => {
  it.each([
    [["nodes"]],
    [["jobs", "0198f2aa", "--watch"]],
    [["export", "0198f2aa", "--out", "unused"]],
    [["tokens", "list", "--json"]],
  ])("%j says in one line how to start one", async (args) => {
    const url = `http://127.0.0.1:${await unusedPort()}`;
    const failed = await runMotif(...args, "--url", url);
    expect(failed.stderr).toBe(
      `motif: no control plane answers at ${url}. Start one with \`motif up\`, or name another with --url or MOTIF_URL.\n`,
    );
    expect(failed.status).toBe(1);
  });
});

/** A port that was free a moment ago. */
async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
