/** What the control plane refuses with (RFC 9457), as an error that pages show and forms put beside their fields. */

export interface FieldProblem {
  /** Path in the body. @example "manifest.mean" */
  readonly field: string;
  readonly message: string;
}

export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** What the error is to programs. @example "not-found" */
  readonly code: string;
  readonly fields: readonly FieldProblem[];

  constructor(
    status: number,
    code: string,
    detail: string,
    fields: readonly FieldProblem[] = [],
    options?: ErrorOptions,
  ) {
    super(detail, options);
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

interface ProblemDocument {
  readonly detail?: string;
  readonly title?: string;
  readonly code?: string;
  readonly errors?: readonly FieldProblem[];
}

export async function problemOf(response: Response): Promise<ApiProblem> {
  const document = (await response.json().catch(() => ({}))) as ProblemDocument;
  return new ApiProblem(
    response.status,
    document.code ?? `http-${response.status}`,
    document.detail ??
      document.title ??
      `The control plane answered ${response.status} ${response.statusText}.`,
    document.errors ?? [],
  );
}

export const unreachable = (cause: unknown): ApiProblem =>
  new ApiProblem(
    0,
    "unreachable",
    "The control plane does not answer. It may be restarting, or the network is down.",
    [],
    { cause },
  );

export const isNotFound = (error: unknown): boolean =>
  error instanceof ApiProblem && error.status === 404;
export const needsLogin = (error: unknown): boolean =>
  error instanceof ApiProblem && error.status === 401;
/** Worth trying again by itself: the server is away, or says that it is busy. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ApiProblem && [0, 429, 502, 503, 504].includes(error.status);
