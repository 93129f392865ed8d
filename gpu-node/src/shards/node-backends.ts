/** Which backend a shard computes with: the node's own, or another that it asks for by name, opened once. */
import type { Backend } from "../engine/index.ts";
import { takeTurns } from "./take-turns.ts";

export interface NodeBackends {
  /**
   * @param name as on the command line; `auto`, or what the node's own is called, gives that
   * @throws MotifError "usage" or "backend" when there is none of that name here
   */
  find(name: string, own: Backend): Promise<Backend>;
}

/** @param open by name, as on the command line */
export function newNodeBackends(
  open: (name: string) => Promise<Backend>,
): NodeBackends {
  const byName = new Map<string, Promise<Backend>>();
  const owned = new WeakMap<Backend, Backend>();
  return {
    async find(name, own) {
      const isOwn =
        name === "auto" ||
        name === own.name ||
        name === `${own.name}:${own.provider}`;
      if (isOwn) {
        const known = owned.get(own) ?? takeTurns(own);
        owned.set(own, known);
        return known;
      }
      let opening = byName.get(name);
      if (!opening) {
        opening = open(name).then(takeTurns);
        byName.set(name, opening);
        opening.catch(() => byName.delete(name));
      }
      return opening;
    },
  };
}
