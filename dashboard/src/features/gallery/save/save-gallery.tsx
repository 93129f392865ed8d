/** The gallery as it is shown, as a PNG file. */
import { Button, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { saveCanvas } from "../../../ui/save-canvas.ts";
import { drawGallery, type ShownGallery } from "./draw-gallery.ts";

export function SaveGallery({ shown }: { readonly shown: ShownGallery }) {
  const [done, setDone] = useState<number | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const save = async () => {
    const abort = new AbortController();
    running.current = abort;
    setProblem(null);
    setDone(0);
    try {
      const canvas = await drawGallery(shown, setDone, abort.signal);
      await saveCanvas(canvas, `${shown.title} ${shown.words}`);
    } catch (error) {
      if (!abort.signal.aborted)
        setProblem(error instanceof Error ? error.message : String(error));
    }
    if (!abort.signal.aborted) setDone(null);
  };
  const stop = () => {
    running.current?.abort();
    setDone(null);
  };
  const percent = Math.floor(
    (100 * (done ?? 0)) / Math.max(1, shown.classRows.length),
  );
  return (
    <>
      <Button
        variant="default"
        size="xs"
        disabled={shown.classRows.length === 0}
        onClick={done === null ? () => void save() : stop}
      >
        {done === null ? "Save as PNG" : `Stop drawing (${percent}%)`}
      </Button>
      {problem !== null && (
        <Text size="xs" c="red" role="alert">
          {problem}
        </Text>
      )}
    </>
  );
}
