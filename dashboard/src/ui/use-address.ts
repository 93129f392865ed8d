/** What a view shows is kept in its address, so that it can be shared: search parameters, changed without leaving the page. */
import { useSearchParams } from "next/navigation";
import { useCallback } from "react";

export interface Address {
  /** @returns undefined where the address does not say */
  get(name: string): string | undefined;
  /** The parts of a list, in order. */
  list(name: string): readonly string[];
  /** Undefined, "" and empty lists leave the address. */
  readonly set: (
    changes: Readonly<Record<string, string | readonly string[] | undefined>>,
  ) => void;
}

export function useAddress(): Address {
  const parameters = useSearchParams();
  return {
    get: (name) => parameters.get(name) ?? undefined,
    list: (name) =>
      (parameters.get(name) ?? "").split(",").filter((part) => part !== ""),
    set: useCallback((changes) => {
      // From the window, not from the render: two changes in one event must not undo each other.
      const next = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(changes)) {
        const text = typeof value === "object" ? value.join(",") : value;
        if (text === undefined || text === "") next.delete(name);
        else next.set(name, text);
      }
      const query = next.toString();
      window.history.replaceState(
        null,
        "",
        query === "" ? window.location.pathname : `?${query}`,
      );
    }, []),
  };
}
