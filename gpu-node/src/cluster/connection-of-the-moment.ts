/** Where artifacts are to be had now, for work that outlives connections. */
import { once } from "node:events";
import type { ArtifactPeer, ArtifactPeers } from "./artifact-transfer.ts";

export interface ConnectionOfTheMoment extends ArtifactPeers {
  /** @param peer null while there is none */
  set(peer: ArtifactPeer | null): void;
}

export function newConnectionOfTheMoment(): ConnectionOfTheMoment {
  const changed = new EventTarget();
  let peer: ArtifactPeer | null = null;
  return {
    set(next) {
      peer = next;
      changed.dispatchEvent(new Event("change"));
    },
    current: () => peer,
    async next(signal) {
      for (;;) {
        signal.throwIfAborted();
        if (peer && !peer.signal.aborted) return peer;
        await once(changed, "change", { signal });
      }
    },
  };
}
