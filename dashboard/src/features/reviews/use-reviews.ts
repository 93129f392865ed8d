/** What was said of a model, a class or a pattern: read page by page, told of news by the cluster's events, and added to. */
import {
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api, bodyOf } from "../../api/client.ts";
import { useStream } from "../../live/use-stream.ts";
import type { ReviewScope, ReviewStatus } from "./review-words.ts";

const pageSize = 20;

const scopeOf = (scope: ReviewScope) =>
  scope.kind === "class"
    ? { classIndex: scope.classIndex }
    : scope.kind === "pattern"
      ? { patternId: scope.patternId }
      : {};

export function useReviews(modelId: string, scope: ReviewScope) {
  const client = useQueryClient();
  const look = () =>
    void client.invalidateQueries({ queryKey: ["reviews", modelId] });
  useStream(
    "cluster",
    ({ type, body }) => {
      if (type === "model-reviewed" && body.modelId === modelId) look();
    },
    look,
  );
  return useInfiniteQuery({
    queryKey: ["reviews", modelId, scope],
    queryFn: ({ pageParam }) =>
      bodyOf(
        api.GET("/api/models/{idOrName}/reviews", {
          params: {
            path: { idOrName: modelId },
            query: {
              ...scopeOf(scope),
              limit: pageSize,
              ...(pageParam !== null && { before: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: ({ entries }) =>
      entries.length < pageSize ? undefined : entries.at(-1)?.id,
  });
}

export interface NewReview {
  readonly status?: ReviewStatus;
  readonly comment?: string;
}

export function useAddReview(modelId: string, scope: ReviewScope) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (review: NewReview) =>
      bodyOf(
        api.POST("/api/models/{idOrName}/reviews", {
          params: { path: { idOrName: modelId } },
          body: { ...scopeOf(scope), ...review },
        }),
      ),
    onSuccess: async () => {
      void client.invalidateQueries({ queryKey: ["models"] });
      void client.invalidateQueries({ queryKey: ["model"] });
      await client.invalidateQueries({ queryKey: ["reviews", modelId] });
    },
  });
}
