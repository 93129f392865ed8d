/** A job's results as files. */
import type { Job } from "../../api/types.ts";
import { Button, Menu, Text } from "@mantine/core";
import type { RefObject } from "react";
import { saveCanvas } from "../../ui/save-canvas.ts";

const files = [
  {
    path: "result.json",
    label: "result.json",
    says: "everything, as motif export writes it",
  },
  { path: "result.csv", label: "CSV", says: "a row a pattern and size" },
  {
    path: "report.html",
    label: "HTML report",
    says: "one page with its pictures inside",
  },
] as const;

/** @param canvasRef the heat map, where it is shown */
export function Exports({
  job,
  canvasRef,
}: {
  readonly job: Job;
  readonly canvasRef: RefObject<HTMLCanvasElement | null>;
}) {
  if (job.kind !== "search") return null;
  const hasResult = job.shards.succeeded > 0;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default">Export</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {!hasResult && (
          <Menu.Label>Results come with the first finished shard.</Menu.Label>
        )}
        {files.map(({ path, label, says }) => (
          <Menu.Item
            key={path}
            component="a"
            href={`/api/jobs/${job.id}/${path}`}
            download
            disabled={!hasResult}
          >
            {label}
            <Text size="xs" c="dimmed">
              {says}
            </Text>
          </Menu.Item>
        ))}
        <Menu.Item
          disabled={!hasResult}
          onClick={() => {
            if (canvasRef.current) savePicture(canvasRef.current, job.name);
          }}
        >
          PNG
          <Text size="xs" c="dimmed">
            the map of classes and canvases, as shown
          </Text>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** On the page's ground: the map itself is transparent. */
function savePicture(map: HTMLCanvasElement, name: string): void {
  const margin = 16;
  const picture = document.createElement("canvas");
  picture.width = map.width + 2 * margin;
  picture.height = map.height + 2 * margin;
  const context = picture.getContext("2d");
  if (!context) return;
  context.fillStyle = getComputedStyle(map).getPropertyValue("--motif-surface");
  context.fillRect(0, 0, picture.width, picture.height);
  context.drawImage(map, margin, margin);
  void saveCanvas(picture, name);
}
