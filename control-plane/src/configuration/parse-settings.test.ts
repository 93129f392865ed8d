import { expect, test } from "vitest";
import { parseSettings } from "./parse-settings.ts";

test("without flags it is this machine's own, on the usual ports", () => {
  expect(parseSettings({ dataDir: "/d" }, {})).toEqual({
    host: "127.0.0.1",
    port: 3000,
    grpcHost: "127.0.0.1",
    grpcPort: 3001,
    dataDirectory: "/d",
    databaseUrl: undefined,
    publicNames: [],
    nodes: 0,
    largestArtifactBytes: 16 * 2 ** 30,
    logLevel: "info",
    json: false,
  });
});

test("flags go before the environment", () => {
  const env = { MOTIF_DATA: "/e", MOTIF_DATABASE_URL: "postgres://e/m" };
  expect(parseSettings({}, env)).toMatchObject({
    dataDirectory: "/e",
    databaseUrl: "postgres://e/m",
  });
  const flags = { dataDir: "/f", databaseUrl: "postgresql://f/m" };
  expect(parseSettings(flags, env)).toMatchObject({
    dataDirectory: "/f",
    databaseUrl: "postgresql://f/m",
  });
});

test("nodes' address follows people's", () => {
  expect(parseSettings({ host: "10.0.0.1" }, {})).toMatchObject({
    grpcHost: "10.0.0.1",
  });
});

test.each([
  [{ port: "70000" }, "--port: a port is from 0 (any free one) to 65535."],
  [{ grpcPort: "x" }, "--grpc-port: a port is a number."],
  [{ nodes: "1.5" }, "--nodes: a whole number of nodes is expected."],
  [{ largestArtifact: "0" }, "--largest-artifact: a number of GiB above 0"],
  [{ logLevel: "loud" }, "--log-level: levels are debug, info, warn, error"],
  [{ databaseUrl: "mysql://x" }, "--database-url: a database's address is"],
  [
    { nodes: "1", host: "0.0.0.0" },
    "--nodes starts nodes that dial in on loop",
  ],
])("%j is refused by name", (flags, message) => {
  expect(() => parseSettings(flags, {})).toThrow(message);
});
