import { once } from "node:events";
import {
  connect,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { TcpProxy } from "./tcp-proxy.ts";
import { waitFor } from "./wait-for.ts";

let echo: Server;
let proxy: TcpProxy;
beforeEach(async () => {
  echo = await listen((socket) => socket.pipe(socket));
  proxy = await TcpProxy.start(portOf(echo));
});
afterEach(async () => {
  await proxy.close();
  echo.close();
});

async function listen(serve: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** A client that keeps what it reads. */
function dial(): { socket: Socket; text: () => string } {
  const socket = connect(proxy.port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  socket.on("error", () => {});
  return { socket, text: () => text };
}
/** Unlike `once`, an error before it is fine. */
const closed = (socket: Socket) =>
  new Promise((resolve) => socket.on("close", resolve));
const within = { withinMs: 10_000, everyMs: 5 };
const reads = (client: ReturnType<typeof dial>, text: string) =>
  waitFor(`"${text}"`, async () => client.text() === text, within);

it("brings megabytes whole and in order, in both directions, and ends as the sender does", async () => {
  const client = dial();
  const sent = Buffer.alloc(5_000_000, "0123456789abcdef-");
  client.socket.end(sent);
  await closed(client.socket);
  expect(client.text() === sent.toString("latin1")).toBe(true);
  await waitFor(
    "the connection to be forgotten",
    async () => proxy.connectionCount === 0,
    within,
  );
});

it("cut: connections are reset, further ones too, until it is mended", async () => {
  const before = dial();
  before.socket.write("a");
  await reads(before, "a");
  proxy.cut();
  await closed(before.socket);
  expect(before.socket.errored).toMatchObject({ code: "ECONNRESET" });
  const during = dial();
  await closed(during.socket);
  proxy.mend();
  const after = dial();
  after.socket.write("b");
  await reads(after, "b");
});

it("stalled: nothing arrives and nobody is told; mended, everything arrives once", async () => {
  const client = dial();
  client.socket.write("a");
  await reads(client, "a");
  proxy.stall();
  client.socket.write("b");
  const late = dial();
  late.socket.write("c");
  // What is not stalled overtakes it: proof that time enough has gone by.
  const other = await TcpProxy.start(portOf(echo));
  const free = connect(other.port, "127.0.0.1");
  free.write("x");
  await once(free, "data");
  free.destroy();
  await other.close();
  expect(client.text() + late.text()).toBe("a");
  proxy.mend();
  await reads(client, "ab");
  await reads(late, "c");
});

it("delayed: everything arrives that much later, in order, without slowing the stream", async () => {
  proxy.delay(100);
  const client = dial();
  await once(client.socket, "connect");
  const began = performance.now();
  for (const letter of "abcdefgh") client.socket.write(letter);
  await reads(client, "abcdefgh");
  const tookMs = performance.now() - began;
  expect(tookMs).toBeGreaterThan(195);
  expect(tookMs).toBeLessThan(1_000);
});

it("turned to another port: further connections lead there", async () => {
  const shout = await listen((socket) => socket.end("HELLO"));
  proxy.turnTo(portOf(shout));
  await reads(dial(), "HELLO");
  shout.close();
});

it("resets a connection that nobody listens for", async () => {
  const gone = await listen(() => {});
  const port = portOf(gone);
  gone.close();
  await once(gone, "close");
  proxy.turnTo(port);
  const client = dial();
  await closed(client.socket);
  expect(client.text()).toBe("");
});
