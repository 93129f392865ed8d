/** REST for the command line: one address, one token, and every refusal as one clear line. */
import type { Readable } from "node:stream";
import {
  ControlPlaneError,
  type ControlPlaneErrorCode,
} from "../control-plane-error.ts";

export interface ApiClient {
  /** Without a slash at its end. */
  readonly url: URL;
  readonly token: string | undefined;
  /** @throws ControlPlaneError what the server refused with; "unavailable" where there is none */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  delete(path: string): Promise<void>;
  /** The answer itself, for bytes. @throws ControlPlaneError as `get`; 404 too */
  fetch(path: string, request?: ApiRequest): Promise<Response>;
}

export interface ApiRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Blob | Readable;
  readonly signal?: AbortSignal;
}

export interface ClientOptions {
  readonly url: string;
  readonly token?: string | undefined;
  /** Stops every request. */
  readonly signal?: AbortSignal | undefined;
}

export const defaultUrl = "http://127.0.0.1:3000";

/** @throws ControlPlaneError "invalid" when `url` is not an http(s) address */
export function newApiClient({
  url: text,
  token,
  signal: stop,
}: ClientOptions): ApiClient {
  const url = parseUrl(text);
  const request = async (path: string, given: ApiRequest = {}) => {
    const signals = [stop, given.signal].filter((each) => each !== undefined);
    let response: Response;
    try {
      response = await fetch(new URL(path, url), {
        ...given,
        ...(signals.length > 0 && { signal: AbortSignal.any(signals) }),
        headers: {
          accept: "application/json, application/problem+json",
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...given.headers,
        },
      } as RequestInit);
    } catch (cause) {
      if (signals.some(({ aborted }) => aborted)) throw cause;
      throw describeUnreachable(url, cause);
    }
    if (!response.ok) throw await readProblem(response, url);
    return response;
  };
  const send = (method: string, path: string, body?: unknown) =>
    request(path, {
      method,
      ...(body !== undefined && {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
  const readJson = async <T>(response: Response) => {
    try {
      return (await response.json()) as T;
    } catch (cause) {
      if (stop?.aborted) throw cause;
      throw new ControlPlaneError(
        "unavailable",
        `${url.origin} answered with something that is not JSON. Is it a Motif control plane? Check --url.`,
        { cause },
      );
    }
  };
  return {
    url,
    token,
    get: async (path) => readJson(await request(path)),
    post: async (path, body) => readJson(await send("POST", path, body)),
    async delete(path) {
      await (await send("DELETE", path)).arrayBuffer();
    },
    fetch: request,
  };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new ControlPlaneError(
      "invalid",
      `${text} is not an address of a control plane. ${defaultUrl} is what it looks like (--url, MOTIF_URL).`,
    );
  return url;
}

function describeUnreachable(url: URL, cause: unknown): ControlPlaneError {
  const reason = reasonOf(cause);
  return new ControlPlaneError(
    "unavailable",
    reason === "ECONNREFUSED"
      ? `no control plane answers at ${url.origin}. Start one with \`motif up\`, or name another with --url or MOTIF_URL.`
      : `${url.origin} cannot be reached (${reason}). Check --url, the network, and that \`motif up\` is running there.`,
    { cause },
  );
}

/** What the system said, from inside fetch's "fetch failed". */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reasonOf(error.cause);
  return "code" in error && typeof error.code === "string"
    ? error.code
    : error.message;
}

const codesByStatus: Readonly<Record<number, ControlPlaneErrorCode>> = {
  400: "invalid",
  401: "unauthenticated",
  403: "forbidden",
  404: "not-found",
  409: "conflict",
  413: "too-large",
  422: "invalid",
  507: "storage-full",
};

/** A problem document (RFC 9457) as an error; whatever else came, as far as it can be told. */
async function readProblem(
  response: Response,
  url: URL,
): Promise<ControlPlaneError> {
  const code = codesByStatus[response.status] ?? "unavailable";
  const text = await response.text().catch(() => "");
  let problem: { readonly title?: unknown; readonly detail?: unknown } = {};
  try {
    problem = (JSON.parse(text) as typeof problem | null) ?? {};
  } catch {
    // Not Motif's own answer: the status says what there is to say.
  }
  const said = [problem.detail, problem.title].find(
    (each) => typeof each === "string" && each !== "",
  ) as string | undefined;
  const message =
    said ??
    `${url.origin} answered ${response.status} ${response.statusText}`.trim() +
      ".";
  return new ControlPlaneError(
    code,
    code === "unauthenticated"
      ? `${message} Give a token with --token or MOTIF_TOKEN; \`motif tokens create\` makes one.`
      : message,
  );
}
