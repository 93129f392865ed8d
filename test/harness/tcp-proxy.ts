/**
 * The network between two processes, as a test wants it: a proxy on loopback that can cut, stall and delay its connections, and
 * that can be turned to another port when what is behind it starts again. Bytes arrive once, whole and in order, or not at all.
 */
import { once } from "node:events";
import {
  connect,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";

/** Bytes that one direction of a connection holds back before it stops reading, as a router's queue does. */
const heldBytes = 1 << 20;

export class TcpProxy {
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #targetPort: number;
  #isCut = false;
  #isStalled = false;
  #delayMs = 0;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer({ allowHalfOpen: true }, (client) =>
      this.#accept(client),
    );
  }

  /** Listens on a free port of 127.0.0.1 and leads to `targetPort` there. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Where connections lead from now on; open ones stay where they are. */
  turnTo(targetPort: number): void {
    this.#targetPort = targetPort;
  }

  /** Resets every connection; until `mend`, each further one is reset as it comes. */
  cut(): void {
    this.#isCut = true;
    this.resetConnections();
  }

  /** Resets every connection; further ones are let through. */
  resetConnections(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /** Nothing arrives any more, in either direction, and nobody is told: a cable that was pulled. Until `mend`. */
  stall(): void {
    this.#isStalled = true;
  }

  /** @param delayMs later that everything sent from now on arrives, in each direction */
  delay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Takes back cut, stall and delay; what was held back arrives. */
  mend(): void {
    this.#isCut = false;
    this.#isStalled = false;
    this.#delayMs = 0;
    for (const connection of this.#connections) connection.flush();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    if (this.#isCut) {
      client.resetAndDestroy();
      return;
    }
    const target = connect({
      port: this.#targetPort,
      host: "127.0.0.1",
      allowHalfOpen: true,
    });
    const connection = new Connection(client, target, {
      isStalled: () => this.#isStalled,
      delayMs: () => this.#delayMs,
    });
    this.#connections.add(connection);
    const forget = () => {
      if (client.destroyed && target.destroyed)
        this.#connections.delete(connection);
    };
    client.on("close", forget);
    target.on("close", forget);
  }
}

interface Weather {
  isStalled(): boolean;
  delayMs(): number;
}

class Connection {
  readonly #client: Socket;
  readonly #target: Socket;
  readonly #directions: readonly Direction[];

  constructor(client: Socket, target: Socket, weather: Weather) {
    this.#client = client;
    this.#target = target;
    client.setNoDelay(true);
    target.setNoDelay(true);
    this.#directions = [
      new Direction(client, target, weather),
      new Direction(target, client, weather),
    ];
    // An end that breaks, or that nobody listens at, breaks the other end; while stalled, word of it does not arrive.
    for (const socket of [client, target]) {
      socket.on("error", () => {});
      socket.on("close", (hadError) => {
        if (hadError && !weather.isStalled()) this.reset();
      });
    }
  }

  reset(): void {
    for (const socket of [this.#client, this.#target]) breakOff(socket);
  }

  flush(): void {
    // One end may have broken during a stall: word of it arrives now.
    if (this.#client.errored || this.#target.errored) this.reset();
    for (const direction of this.#directions) direction.flush();
  }
}

/** A socket that is shutting down already cannot be reset: libuv refuses, and Node waits for that handle for ever when it exits. */
function breakOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** One direction of a connection: a queue of what has come and when it is due. */
class Direction {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #weather: Weather;
  /** A null chunk is the sender's end. */
  readonly #queue: { readonly chunk: Buffer | null; readonly due: number }[] =
    [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: Socket, sink: Socket, weather: Weather) {
    this.#source = source;
    this.#sink = sink;
    this.#weather = weather;
    source.on("data", (chunk: Buffer) => this.#take(chunk));
    source.on("end", () => this.#take(null));
    sink.on("drain", () => this.flush());
    sink.on("close", () => clearTimeout(this.#timer));
  }

  #take(chunk: Buffer | null): void {
    this.#queue.push({
      chunk,
      due: performance.now() + this.#weather.delayMs(),
    });
    this.#bytes += chunk?.length ?? 0;
    if (this.#bytes > heldBytes) this.#source.pause();
    this.flush();
  }

  flush(): void {
    clearTimeout(this.#timer);
    while (!this.#weather.isStalled() && !this.#sink.writableNeedDrain) {
      const [next] = this.#queue;
      if (!next || this.#sink.destroyed) return;
      const waitMs = next.due - performance.now();
      if (waitMs > 0 && this.#weather.delayMs() > 0) {
        this.#timer = setTimeout(() => this.flush(), waitMs);
        return;
      }
      this.#queue.shift();
      if (next.chunk === null) {
        this.#sink.end();
        return;
      }
      this.#bytes -= next.chunk.length;
      this.#sink.write(next.chunk);
      if (this.#bytes <= heldBytes) this.#source.resume();
    }
  }
}
