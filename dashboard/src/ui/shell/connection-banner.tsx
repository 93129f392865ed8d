/** Says that the server is gone while it is, and that what is shown may be old. It takes its room only then. */
import { Alert } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { onReachability } from "../../api/client.ts";
import { useLiveState } from "../../live/use-stream.ts";

/** A break that heals by itself within this is not worth a word; milliseconds. */
const graceMs = 1_500;

export function ConnectionBanner() {
  const queryClient = useQueryClient();
  const state = useLiveState();
  const [isUnreachable, setUnreachable] = useState(false);
  const isLost = state === "lost" || isUnreachable;
  const [isShown, setShown] = useState(false);
  useEffect(
    () => onReachability((isReachable) => setUnreachable(!isReachable)),
    [],
  );
  useEffect(() => {
    if (!isLost) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), graceMs);
    return () => clearTimeout(timer);
  }, [isLost]);
  // Once events come again, so does everything that pages had asked for in vain.
  useEffect(() => {
    if (state !== "live") return;
    setUnreachable(false);
    void queryClient.invalidateQueries({
      predicate: ({ state: { status } }) => status === "error",
    });
  }, [state, queryClient]);
  return (
    <div role="status">
      {isShown && (
        <Alert color="yellow" mb="md" title="The control plane does not answer">
          What you see may be old. It is tried again all the time, and the page
          catches up by itself.
        </Alert>
      )}
    </div>
  );
}
