/** The images that a gallery's patterns are pasted on, or why there are none. */
import { useQuery } from "@tanstack/react-query";
import { api, bodyOf } from "../../api/client.ts";
import { loadBackdrop, type Backdrop } from "./backdrop.ts";

export interface Pasting {
  /** Null while it is not there. */
  readonly backdrop: Backdrop | null;
  /** Why patterns cannot be pasted, in words; null where they can. */
  readonly refusal: string | null;
}

const noSamples =
  "Patterns are pasted on sample images of the data set. Its inspection drew none: it is older than they are, or there are too many classes.";

/** @param isWanted whether it is shown: the images are loaded then */
export function useBackdrop(
  datasetId: string | null,
  isWanted: boolean,
): Pasting {
  const dataset = useQuery({
    queryKey: ["dataset", datasetId],
    queryFn: () =>
      bodyOf(
        api.GET("/api/datasets/{idOrName}", {
          params: { path: { idOrName: datasetId! } },
        }),
      ),
    enabled: datasetId !== null,
  });
  const { samples, classNames } = dataset.data ?? {};
  const backdrop = useQuery({
    queryKey: ["backdrop", samples?.sheets[0]],
    queryFn: ({ signal }) => loadBackdrop(samples!, classNames!, signal),
    enabled: isWanted && !!samples,
    staleTime: Infinity,
    structuralSharing: false,
  });
  return {
    backdrop: backdrop.data ?? null,
    refusal:
      datasetId === null
        ? "Patterns are pasted on sample images of the data set, which is not known here."
        : samples === null || backdrop.data === null
          ? noSamples
          : (dataset.error?.message ?? backdrop.error?.message ?? null),
  };
}
