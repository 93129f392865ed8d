import { expect, test } from "vitest";
import { findUntrustedName } from "./trusted-names.ts";

const names = ["motif.example", "192.0.2.7", "2001:db8::7"];

test("loopback and the given names are trusted, with any port and in any case", () => {
  for (const host of [
    "localhost",
    "localhost:3000",
    "127.0.0.1:80",
    "127.255.0.1",
    "[::1]:3000",
    "Motif.Example:443",
    "192.0.2.7",
    "[2001:db8::7]:3000",
  ])
    expect(
      findUntrustedName({ host, origin: `http://${host}` }, names),
    ).toBeUndefined();
});

test("everything else is not", () => {
  for (const host of [
    undefined,
    "",
    " ",
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.nip.io",
    "user@evil.example",
    "localhost@evil.example",
    "192.0.2.8",
    "[::2]",
    "0.0.0.0",
  ])
    expect([
      host,
      findUntrustedName({ host, origin: undefined }, names),
    ]).toEqual([host, expect.stringContaining("Host")]);
  for (const origin of [
    "",
    "null",
    "file:///etc",
    "http://evil.example",
    "chrome-extension://localhost",
    "http://localhost@evil.example",
  ])
    expect([
      origin,
      findUntrustedName({ host: "localhost", origin }, names),
    ]).toEqual([origin, expect.stringContaining("Origin")]);
});
