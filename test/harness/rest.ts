/** The control plane's REST as any program would use it. */

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; the problem document where it was refused. */
  readonly body: T;
}

export type Method = "GET" | "POST" | "DELETE";

/** Sends JSON, or bytes as they are. @param address origin, such as http://127.0.0.1:3000 */
export async function send<T>(
  address: string,
  method: Method,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<T>> {
  const isBytes = body instanceof Uint8Array;
  const response = await fetch(`${address}${path}`, {
    method,
    headers: {
      ...(body === undefined
        ? {}
        : {
            "content-type": isBytes
              ? "application/octet-stream"
              : "application/json",
          }),
      ...headers,
    },
    body:
      body === undefined
        ? undefined
        : isBytes
          ? new Uint8Array(body)
          : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson && text !== "" ? JSON.parse(text) : text) as T,
  };
}
