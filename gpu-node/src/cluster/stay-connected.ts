/** Dials one control plane after another, for as long as the node is to stay. */
import { setTimeout as pause } from "node:timers/promises";
import type { ChannelCredentials } from "@grpc/grpc-js";
import type { Hello } from "@motif/proto";
import { MotifError } from "../motif-error.ts";
import {
  describeLoss,
  dial,
  isOccupied,
  permanentRefusal,
  type Connection,
} from "./connection.ts";
import type { ControlPlaneAddress } from "./control-plane-address.ts";
import type { NodeLog } from "./node-log.ts";
import { newReconnectDelay } from "./reconnect-delay.ts";

const welcomeWithinMs = 5_000;
/** A stream that lasted so long was a good one: the next dial does not wait for the failures before it. */
const goodAfterMs = 5_000;
/** So long, another process under the node's id may be this one's past: a killed process lingers at the other end. */
const occupiedForMs = 40_000;
/** The same complaint is repeated no sooner. */
const complainEveryMs = 30_000;

/**
 * @param options.hello made anew for each dial: it names the leases held then
 * @param options.serve has the connection until it is over
 * @param options.signal ends dialling; a connection that is open then is `serve`'s to end
 * @throws MotifError "cluster" when no further dial can help
 */
export async function stayConnected(options: {
  readonly controlPlanes: readonly ControlPlaneAddress[];
  readonly credentials: ChannelCredentials;
  readonly hello: () => Hello;
  readonly serve: (connection: Connection) => Promise<void>;
  readonly signal: AbortSignal;
  readonly log: NodeLog;
  readonly now: () => number;
  readonly random: () => number;
}): Promise<void> {
  const { controlPlanes, credentials, hello, serve, signal, log, now, random } =
    options;
  const delay = newReconnectDelay(random);
  let occupiedSince: number | null = null;
  let complaint = "";
  let complainedAt = -Infinity;
  const complain = (address: string, message: string) => {
    const isSame = message === complaint;
    if (isSame && now() - complainedAt < complainEveryMs) return;
    [complaint, complainedAt] = [message, now()];
    log.line("warn", "unreachable", { controlPlane: address, message });
  };

  for (let turn = 0; !signal.aborted; turn++) {
    const { text: address } = controlPlanes[turn % controlPlanes.length];
    try {
      const connection = await dial(address, {
        credentials,
        hello: hello(),
        now,
        welcomeWithinMs,
        signal,
      });
      occupiedSince = null;
      complaint = "";
      const beganAt = now();
      log.line("info", "connected", {
        controlPlane: address,
        replica: connection.welcome.replicaId,
      });
      await serve(connection);
      if (signal.aborted) return;
      log.line("warn", "disconnected", {
        controlPlane: address,
        message: await connection.over,
      });
      if (now() - beganAt >= goodAfterMs) delay.reset();
    } catch (error) {
      if (signal.aborted) return;
      const refusal = permanentRefusal(address, error);
      if (refusal) throw refusal;
      if (isOccupied(error)) {
        occupiedSince ??= now();
        if (now() - occupiedSince >= occupiedForMs)
          throw new MotifError(
            "cluster",
            `${address}: ${describeLoss(error)} Stop the other one, or give this node a folder of its own with --data-dir.`,
            { cause: error },
          );
      }
      complain(address, describeLoss(error));
    }
    await pause(delay.next(), undefined, { signal }).catch(() => undefined);
  }
}
