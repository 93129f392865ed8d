/** Tells nodes of leases that a person has cancelled or paused. Every replica hears of all, and tells its own nodes. */
import { Revocation_Reason, type ControlMessage } from "@motif/proto";
import { z } from "zod";
import type { Listener } from "../database/listener.ts";
import type { Connections, RevocationReason } from "./connections.ts";
import type { Log } from "./log.ts";

const notice = z.object({
  leaseIds: z.array(z.string()),
  reason: z.enum(["cancelled", "paused"]),
});

/** What is missed while the listener is away, nodes learn from the answer to their next heartbeat. @returns stops it */
export async function passOnRevocations(
  listener: Listener,
  connections: Connections,
  log: Log,
): Promise<() => void> {
  return listener.listen("motif_revoke", (payload) => {
    const { leaseIds, reason } = notice.parse(JSON.parse(payload));
    for (const [connection, own] of connections.revoke(leaseIds, reason)) {
      connection.send(newRevocation(own, reason));
      for (const leaseId of own)
        log.log(connection.fieldsOf(leaseId), `lease revoked: ${reason}`);
    }
  });
}

export const newRevocation = (
  leaseIds: readonly string[],
  reason: RevocationReason,
): NonNullable<ControlMessage["body"]> => ({
  $case: "revocation",
  value: {
    leaseIds,
    reason:
      reason === "paused"
        ? Revocation_Reason.REASON_PAUSED
        : Revocation_Reason.REASON_CANCELLED,
  },
});
