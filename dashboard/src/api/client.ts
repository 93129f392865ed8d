/** The one way to the REST of the control plane: typed by its OpenAPI document, errors as `ApiProblem`. */
import createClient, { type Middleware } from "openapi-fetch";
import { ApiProblem, problemOf, unreachable } from "./api-problem.ts";
import type { paths } from "./generated/api.ts";

/** How long a request may take before the server counts as away; milliseconds. */
const patienceMs = 30_000;

/** Told of every answer and every failure to get one, for the banner that says the server is gone. */
type ReachabilityListener = (isReachable: boolean) => void;
const listeners = new Set<ReachabilityListener>();

/** @returns ends it */
export function onReachability(listener: ReachabilityListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const tellReachability = (isReachable: boolean) => {
  for (const listener of listeners) listener(isReachable);
};

const answers: Middleware = {
  async onResponse({ response }) {
    // What a proxy in front says while nothing is behind it is no answer of ours.
    tellReachability(![502, 504].includes(response.status));
    if (!response.ok) throw await problemOf(response);
  },
  onError({ error }) {
    // Whoever left the page is no sign of a server that is gone.
    if (error instanceof DOMException && error.name === "AbortError")
      return error;
    if (error instanceof ApiProblem) return error;
    tellReachability(false);
    return unreachable(error);
  },
};

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "" : location.origin,
  fetch: (request) =>
    fetch(request, {
      signal: AbortSignal.any([
        request.signal,
        AbortSignal.timeout(patienceMs),
      ]),
    }),
});
api.use(answers);

/** An answer's body; the middleware has thrown whatever is none. */
export async function bodyOf<T>(
  answer: Promise<{ readonly data?: T }>,
): Promise<T> {
  const { data } = await answer;
  return data as T;
}
