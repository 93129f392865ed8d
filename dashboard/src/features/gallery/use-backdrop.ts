/** The images that a gallery's patterns are pasted on, or why there are none. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, bodyOf } from "../../api/client.ts";
import { loadBackdropImages, newBackdrop, type Backdrop } from "./backdrop.ts";
import type { GalleryModel } from "./gallery-model.ts";

export interface Pasting {
  /** Null while it is not there. */
  readonly backdrop: Backdrop | null;
  /** Why patterns cannot be pasted, in words; null where they can. */
  readonly refusal: string | null;
}

const noSamples =
  "Patterns are pasted on sample images of the data set. Its inspection drew none: it is older than they are, or there are too many classes.";

/**
 * @param model whose data set it is, and who names its classes: those of IDX files have no names of their own
 * @param isWanted whether it is shown: the images are loaded then
 */
export function useBackdrop(
  model: GalleryModel | undefined,
  isWanted: boolean,
): Pasting {
  const datasetId = model?.job.datasetId ?? null;
  const names = model?.classNames;
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
  const images = useQuery({
    queryKey: ["backdrop", samples?.sheets[0]],
    queryFn: ({ signal }) =>
      loadBackdropImages(samples!, classNames!.length, signal),
    enabled: isWanted && !!samples,
    staleTime: Infinity,
    structuralSharing: false,
  });
  const backdrop = useMemo(
    () =>
      newBackdrop(
        images.data ?? [],
        (index) => names?.[index] ?? classNames?.[index] ?? `class ${index}`,
      ),
    [images.data, names, classNames],
  );
  return {
    backdrop,
    refusal:
      datasetId === null
        ? "Patterns are pasted on sample images of the data set, which is not known here."
        : samples === null || images.data?.length === 0
          ? noSamples
          : (dataset.error?.message ?? images.error?.message ?? null),
  };
}
