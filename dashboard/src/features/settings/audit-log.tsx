/** Who changed what, newest first, page by page. */
import { Button, Code, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, bodyOf } from "../../api/client.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { Section } from "./section.tsx";

const pageSize = 50;

export function AuditLog() {
  const log = useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) =>
      bodyOf(
        api.GET("/api/audit", {
          params: {
            query: {
              limit: pageSize,
              ...(pageParam !== null && { before: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (page) =>
      page.length < pageSize ? undefined : page.at(-1)?.id,
  });
  const entries = log.data?.pages.flat() ?? [];
  return (
    <Section title="Audit log" says="Every change, who made it and from where.">
      {log.isPending ? (
        <LoadingState rows={5} />
      ) : log.isError && entries.length === 0 ? (
        <ErrorState
          error={log.error}
          thing="audit log"
          onRetry={() => void log.refetch()}
        />
      ) : entries.length === 0 ? (
        <Text c="dimmed">Nothing was changed yet.</Text>
      ) : (
        <Table.ScrollContainer
          minWidth={760}
          type="native"
          tabIndex={0}
          role="region"
          aria-label="Table of changes"
        >
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>When</Table.Th>
                <Table.Th>Who</Table.Th>
                <Table.Th>What</Table.Th>
                <Table.Th>Of</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {entries.map(({ id, at, actor, address, action, ...entry }) => (
                <Table.Tr key={id}>
                  <Table.Td style={{ whiteSpace: "nowrap" }}>
                    <RelativeTime at={at} />
                  </Table.Td>
                  <Table.Td className="name" dir="auto">
                    {actor}
                    <Text span size="sm" c="dimmed">
                      {" "}
                      {address === null ? "on the machine" : `from ${address}`}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <Code>{action}</Code>
                  </Table.Td>
                  <Table.Td className="name" dir="auto">
                    {nameOf(entry.details) ?? entry.subject}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {log.hasNextPage && (
        <Button
          variant="default"
          loading={log.isFetchingNextPage}
          onClick={() => void log.fetchNextPage()}
          style={{ alignSelf: "flex-start" }}
        >
          Older
        </Button>
      )}
    </Section>
  );
}

const nameOf = ({ name }: Readonly<Record<string, unknown>>) =>
  typeof name === "string" && name !== "" ? name : undefined;
