/** A job's shards, however many: only the rows in view are there. A row opens to its attempts. */
import { Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import type { Job, Shard } from "../../api/types.ts";
import { formatCount, formatShare } from "../../ui/format.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { plural, shardStatusWords, shardWords } from "./job-words.ts";
import { mostShards, readShards } from "./read-job.ts";
import { ShardAttempts } from "./shard-attempts.tsx";
import styles from "./shards-table.module.css";
import { shardsKey } from "./use-job-data.ts";
import { useNodeNames } from "./use-node-names.ts";

const rowHeight = 45;
const everyMs = 5_000;
const statuses = Object.keys(shardStatusWords) as Shard["status"][];

export function ShardsTable({
  job,
  shards: all,
}: {
  readonly job: Job;
  readonly shards: readonly Shard[];
}) {
  const address = useAddress();
  const status = statuses.find((each) => each === address.get("state"));
  const isPartial = job.shards.total > mostShards;
  // Of a job with more shards than a page holds, the server picks those of a state.
  const asked = useQuery({
    queryKey: [...shardsKey(job.id), status],
    queryFn: ({ signal }) => readShards(job.id, status, signal),
    enabled: isPartial && status !== undefined,
    refetchInterval: job.status === "RUNNING" && everyMs,
  });
  const shards = useMemo(
    () =>
      status === undefined
        ? all
        : isPartial
          ? (asked.data ?? [])
          : all.filter((shard) => shard.status === status),
    [all, asked.data, isPartial, status],
  );
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-end" gap="sm">
        <NativeSelect
          label="State"
          value={status ?? ""}
          onChange={({ currentTarget: { value } }) =>
            address.set({ state: value, shard: "" })
          }
          data={[
            { value: "", label: "all" },
            ...statuses.map((value) => ({
              value,
              label: shardStatusWords[value],
            })),
          ]}
        />
        <Text size="sm" c="dimmed" className="numbers" role="status">
          {shards.length >= mostShards
            ? `The first ${formatCount(mostShards)} are shown: pick a state to see others`
            : plural(shards.length, "shard")}
        </Text>
      </Group>
      {asked.isLoading ? (
        <LoadingState rows={8} height={rowHeight} />
      ) : asked.isError ? (
        <ErrorState
          error={asked.error}
          thing="list of shards"
          onRetry={() => void asked.refetch()}
        />
      ) : shards.length === 0 ? (
        <Text c="dimmed">
          {status === undefined
            ? "There is no shard."
            : `No shard is in the state “${shardStatusWords[status]}”.`}
        </Text>
      ) : (
        <Rows
          job={job}
          shards={shards}
          open={address.get("shard")}
          onOpen={(index) =>
            address.set({ shard: index === undefined ? "" : String(index) })
          }
        />
      )}
    </Stack>
  );
}

const columns = [
  "Shard",
  "State",
  "Of",
  "Node",
  "Attempts",
  "Done",
  "Problem",
  "Changed",
] as const;

function Rows({
  job,
  shards,
  open,
  onOpen,
}: {
  readonly job: Job;
  readonly shards: readonly Shard[];
  readonly open: string | undefined;
  readonly onOpen: (index: number | undefined) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const nodeNames = useNodeNames();
  const virtual = useVirtualizer({
    count: shards.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    getItemKey: (i) => shards[i]!.index,
  });
  const isPlaced = useRef(false);
  useEffect(() => {
    if (isPlaced.current || open === undefined) return;
    const place = shards.findIndex(({ index }) => String(index) === open);
    if (place < 0) return;
    isPlaced.current = true;
    virtual.scrollToIndex(place, { align: "start" });
  }, [open, shards, virtual]);
  return (
    <div
      ref={box}
      className={styles.box}
      role="table"
      aria-label="Shards"
      aria-rowcount={shards.length + 1}
      tabIndex={0}
    >
      <div role="rowgroup" className={styles.head}>
        <div role="row" aria-rowindex={1} className={styles.row}>
          {columns.map((name) => (
            <div key={name} role="columnheader" data-column={name}>
              {name}
            </div>
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        className={styles.body}
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map(({ index: place, key, start }) => {
          const shard = shards[place]!;
          const isOpen = open === String(shard.index);
          return (
            <div
              key={key}
              ref={virtual.measureElement}
              data-index={place}
              className={styles.item}
              style={{ transform: `translateY(${start}px)` }}
              role="presentation"
            >
              <div
                role="row"
                aria-rowindex={place + 2}
                className={styles.row}
                data-open={isOpen || undefined}
              >
                <div role="cell" data-column="Shard">
                  <Button
                    variant="subtle"
                    size="compact-sm"
                    color="gray"
                    className="numbers"
                    c="inherit"
                    aria-expanded={isOpen}
                    aria-label={`Attempts of shard ${shard.index}`}
                    onClick={() => onOpen(isOpen ? undefined : shard.index)}
                    leftSection={
                      <span aria-hidden="true">{isOpen ? "▾" : "▸"}</span>
                    }
                  >
                    {shard.index}
                  </Button>
                </div>
                <div role="cell">
                  <StatusBadge status={shard.status} />
                </div>
                <div
                  role="cell"
                  className={styles.clip}
                  title={shardWords(shard)}
                >
                  {shardWords(shard) || "–"}
                </div>
                <div role="cell" className={`name ${styles.clip}`} dir="auto">
                  {shard.nodeName ??
                    (shard.nodeId === null
                      ? "–"
                      : (nodeNames.get(shard.nodeId) ??
                        shard.nodeId.slice(0, 8)))}
                </div>
                <div role="cell" data-column="Attempts" className="numbers">
                  {shard.attempts}
                </div>
                <div role="cell" data-column="Done" className="numbers">
                  {formatShare(shard.done, 0)}
                </div>
                <div
                  role="cell"
                  className={styles.clip}
                  title={shard.problem ?? undefined}
                >
                  {shard.problem ?? ""}
                </div>
                <div role="cell" data-column="Changed">
                  <RelativeTime at={shard.updatedAt} />
                </div>
              </div>
              {isOpen && (
                <div role="row" className={styles.attempts}>
                  <div role="cell" aria-colspan={columns.length}>
                    <ShardAttempts job={job} shard={shard} />
                  </div>
                </div>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
