/** Finds a port on loopback before somebody else listens on it. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** @returns the wanted port where it is free, else any; a moment later another process may have it */
export async function freePort(wanted: number | null): Promise<number> {
  const server = createServer();
  try {
    server.listen({ port: wanted ?? 0, host: "127.0.0.1" });
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  } catch (error) {
    if (wanted === null) throw error;
    return freePort(null);
  } finally {
    server.close();
  }
}
