/** The list of models: read whole, told of changes by the cluster's events, read again at most every so often. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, bodyOf } from "../../api/client.ts";
import { useStream } from "../../live/use-stream.ts";

/** A busy cluster tells much: between two readings pass at least this many milliseconds. */
const restMs = 2_000;

export function useModels() {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const look = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: ["models"] });
    }, restMs);
  };
  useStream("cluster", look, look);
  return useQuery({
    queryKey: ["models"],
    queryFn: () => bodyOf(api.GET("/api/models")),
    structuralSharing: false,
  });
}
