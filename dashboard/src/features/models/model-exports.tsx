/** A search's results as files. */
import { Button, Menu, Text } from "@mantine/core";
import type { Job } from "../../api/types.ts";

const files = [
  ["report.html", "HTML report", "one page with its pictures inside"],
  ["result.json", "result.json", "everything, as motif export writes it"],
  ["result.csv", "CSV", "a row a pattern and size"],
] as const;

export const ModelExports = ({ job }: { readonly job: Job }) => (
  <Menu position="bottom-end">
    <Menu.Target>
      <Button variant="default">Export</Button>
    </Menu.Target>
    <Menu.Dropdown>
      {files.map(([path, label, says]) => (
        <Menu.Item
          key={path}
          component="a"
          href={`/api/jobs/${job.id}/${path}`}
          download
          disabled={job.shards.succeeded === 0}
        >
          {label}
          <Text size="xs" c="dimmed">
            {says}
          </Text>
        </Menu.Item>
      ))}
    </Menu.Dropdown>
  </Menu>
);
