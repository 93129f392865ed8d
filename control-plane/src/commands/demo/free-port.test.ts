import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { findFreePort } from "./free-port.ts";

it("is the port that was asked for while it is free, and another once it is taken", async () => {
  const port = await findFreePort(0);
  expect(await findFreePort(port)).toBe(port);
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  try {
    const other = await findFreePort(port);
    expect(other).not.toBe(port);
    const second = createServer().listen(other, "127.0.0.1");
    await once(second, "listening");
    expect((second.address() as AddressInfo).port).toBe(other);
    second.close();
  } finally {
    server.close();
  }
});
