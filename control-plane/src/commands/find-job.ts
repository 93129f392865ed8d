/** Jobs by what people type: an id, or its beginning where that is enough. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiJob } from "./api-types.ts";

/** Newest jobs that a beginning is looked for among. */
const lookedAt = 1_000;

/** @throws ControlPlaneError "not-found" where no job begins so, "conflict" where several do */
export async function findJob(
  client: ApiClient,
  text: string,
): Promise<ApiJob> {
  if (isWholeId(text))
    return client.get<ApiJob>(`/api/jobs/${encodeURIComponent(text)}`);
  const jobs = await client.get<readonly ApiJob[]>(
    `/api/jobs?limit=${lookedAt}`,
  );
  const { id } = findByPrefix(jobs, text, "job", "motif jobs");
  return client.get<ApiJob>(`/api/jobs/${id}`);
}

const wholeId =
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function isWholeId(text: string): boolean {
  return wholeId.test(text);
}

/**
 * The one thing whose id begins with `text`. Pure.
 * @param what it is, and the command that lists all: for the message
 * @throws ControlPlaneError "not-found" or "conflict"
 */
export function findByPrefix<T extends { readonly id: string }>(
  things: readonly T[],
  text: string,
  what: string,
  listing: string,
): T {
  const wanted = text.toLowerCase();
  const found = things.filter(({ id }) => id.startsWith(wanted));
  const [first] = found;
  if (!first || wanted === "")
    throw new ControlPlaneError(
      "not-found",
      `no ${what} has an id that begins with "${text}". \`${listing}\` shows what there is.`,
    );
  if (found.length > 1)
    throw new ControlPlaneError(
      "conflict",
      `${found.length} ${what}s have ids that begin with "${text}": ${found
        .slice(0, 5)
        .map(({ id }) => id)
        .join(", ")}. Type more of it.`,
    );
  return first;
}
