import { expect, it } from "vitest";
import { isLoopbackHost, parseControlPlanes } from "./control-plane-address.ts";

it("reads one address and several", () => {
  expect(
    parseControlPlanes("localhost:7443, [::1]:80,node-3.lan:65535"),
  ).toEqual([
    { text: "localhost:7443", host: "localhost", port: 7443 },
    { text: "[::1]:80", host: "::1", port: 80 },
    { text: "node-3.lan:65535", host: "node-3.lan", port: 65535 },
  ]);
});

it.each([
  "",
  "host",
  "host:",
  ":80",
  "host:0",
  "host:70000",
  "::1:80",
  "a:1,",
  "http://a:1",
])('refuses "%s" as wrong use', (text) => {
  expect(() => parseControlPlanes(text)).toThrow(
    expect.objectContaining({ code: "usage" }) as Error,
  );
});

it.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["localhost", true],
  ["::1", true],
  ["127.0.0.1.example.org", false],
  ["10.0.0.1", false],
  ["localhost.example.org", false],
])("%s is loopback: %s", (host, isLoopback) => {
  expect(isLoopbackHost(host)).toBe(isLoopback);
});
