/** Sends a file to the artifact store, telling how far it is; the store answers with its digest. */
import { ApiProblem, unreachable } from "../../api/api-problem.ts";

export interface StoredArtifact {
  readonly sha256: string;
  readonly bytes: number;
}

/** fetch cannot tell how much of a body has gone: XMLHttpRequest can. @param onSent share, 0…1 */
export function uploadFile(
  file: Blob,
  signal: AbortSignal,
  onSent: (share: number) => void,
): Promise<StoredArtifact> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    signal.addEventListener("abort", stop);
    request.open("POST", "/api/artifacts");
    request.setRequestHeader("content-type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) =>
      onSent(total === 0 ? 1 : loaded / total);
    request.onload = () => {
      if (request.status < 300)
        return resolve(request.response as StoredArtifact);
      const problem = (request.response ?? {}) as {
        readonly detail?: string;
        readonly code?: string;
      };
      reject(
        new ApiProblem(
          request.status,
          problem.code ?? `http-${request.status}`,
          problem.detail ?? `The upload was answered with ${request.status}.`,
        ),
      );
    };
    request.onerror = () => reject(unreachable(new Error("upload")));
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    request.onloadend = () => signal.removeEventListener("abort", stop);
    request.send(file);
  });
}
