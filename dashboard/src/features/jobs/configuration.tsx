/** What a job was asked for, and the command that asks for the same again. */
import {
  Button,
  Code,
  CopyButton,
  Group,
  Stack,
  Table,
  Text,
} from "@mantine/core";
import type { Job } from "../../api/types.ts";
import { commandOf, settingsOf } from "./configuration-words.ts";

export function Configuration({ job }: { readonly job: Job }) {
  const command = commandOf(job);
  return (
    <Stack gap="lg" maw={820}>
      <Table verticalSpacing="xs" aria-label="Configuration">
        <Table.Tbody>
          {settingsOf(job).map(({ name, value, meaning }) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" w="45%">
                {name}
                {meaning !== undefined && (
                  <Text size="xs" c="dimmed" fw={400}>
                    {meaning}
                  </Text>
                )}
              </Table.Th>
              <Table.Td className="numbers name">{value}</Table.Td>
            </Table.Tr>
          ))}
          <Table.Tr>
            <Table.Th scope="row">Id</Table.Th>
            <Table.Td>
              <Code className="name">{job.id}</Code>
            </Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
      {command !== null && (
        <Stack gap="xs">
          <Group justify="space-between">
            <Text fw={600}>The same on the command line</Text>
            <CopyButton value={command}>
              {({ copied, copy }) => (
                <Button variant="default" size="xs" onClick={copy}>
                  {copied ? "Copied" : "Copy"}
                </Button>
              )}
            </CopyButton>
          </Group>
          <Code block tabIndex={0}>
            {command}
          </Code>
        </Stack>
      )}
    </Stack>
  );
}
