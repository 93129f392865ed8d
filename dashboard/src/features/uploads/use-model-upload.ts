/** One model on its way: its bytes, its registration, the check that a node makes of it. */
import { useEffect, useRef, useState } from "react";
import { api, bodyOf } from "../../api/client.ts";
import type { Model } from "../../api/types.ts";
import { followStream } from "../../live/event-source.ts";
import { uploadFile, type StoredArtifact } from "./upload-file.ts";

export type UploadState =
  | { readonly step: "waiting" }
  | { readonly step: "sending"; readonly share: number }
  | { readonly step: "checking"; readonly model: Model }
  | { readonly step: "ready"; readonly model: Model }
  | { readonly step: "refused"; readonly problem: string };

export interface ModelUpload {
  readonly state: UploadState;
  /** Bytes that are there already are not sent again. */
  readonly start: (
    manifest: Readonly<Record<string, unknown>>,
    dataset: string,
  ) => void;
  readonly cancel: () => void;
}

export function useModelUpload(file: File): ModelUpload {
  const [state, setState] = useState<UploadState>({ step: "waiting" });
  const stored = useRef<StoredArtifact>(undefined);
  const abort = useRef<AbortController>(undefined);
  const stopFollowing = useRef<() => void>(undefined);
  useEffect(
    () => () => {
      abort.current?.abort();
      stopFollowing.current?.();
    },
    [],
  );
  const run = async (
    manifest: Readonly<Record<string, unknown>>,
    dataset: string,
    signal: AbortSignal,
  ) => {
    setState({ step: "sending", share: stored.current ? 1 : 0 });
    stored.current ??= await uploadFile(file, signal, (share) =>
      setState({ step: "sending", share }),
    );
    const named = { name: file.name.replace(/\.onnx$/i, ""), ...manifest };
    const model = await bodyOf(
      api.POST("/api/models", {
        body: { sha256: stored.current.sha256, manifest: named, dataset },
        signal,
      }),
    );
    follow(model, dataset);
  };
  const follow = (model: Model, dataset: string) => {
    const check = checkOf(model, dataset);
    if (!check || check.status === "READY") {
      setState({ step: "ready", model });
      return;
    }
    setState({ step: "checking", model });
    const look = async () => {
      const now = await bodyOf(
        api.GET("/api/models/{idOrName}", {
          params: { path: { idOrName: model.id } },
        }),
      );
      const { status, problem } = checkOf(now, dataset) ?? {};
      if (status === "CHECKING") return;
      stopFollowing.current?.();
      setState(
        status === "READY"
          ? { step: "ready", model: now }
          : { step: "refused", problem: problem ?? "No reason was given." },
      );
    };
    const ignore = () => {};
    stopFollowing.current = followStream(check.jobId, null, {
      onEvent: () => void look().catch(ignore),
      onFollowing: () => void look().catch(ignore),
    });
  };
  return {
    state,
    start(manifest, dataset) {
      abort.current = new AbortController();
      run(manifest, dataset, abort.current.signal).catch((error: unknown) => {
        setState(
          error instanceof DOMException && error.name === "AbortError"
            ? { step: "waiting" }
            : {
                step: "refused",
                problem: error instanceof Error ? error.message : String(error),
              },
        );
      });
    },
    cancel: () => abort.current?.abort(),
  };
}

const checkOf = ({ checks }: Model, dataset: string) =>
  checks.find((check) => check.dataset === dataset);
