/** What happened to a job, newest first; only the rows in view are there. */
import { Group, Stack, Switch, Text } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import type { Job, Shard } from "../../api/types.ts";
import type { StreamEvent } from "../../live/stream-event.ts";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { shownEvents } from "./event-list.ts";
import styles from "./events-log.module.css";
import { eventWords, plural, type Names } from "./job-words.ts";
import { useJobEvents } from "./use-job-events.ts";
import { useNodeNames } from "./use-node-names.ts";

const rowHeight = 33;

const moment = new Intl.DateTimeFormat("en-GB", {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});

export function EventsLog({
  job,
  shards,
}: {
  readonly job: Job;
  readonly shards: readonly Shard[];
}) {
  const address = useAddress();
  const hasProgress = address.get("progress") === "1";
  const events = useJobEvents(job.id);
  const shown = useMemo(
    () => shownEvents(events.data ?? [], hasProgress),
    [events.data, hasProgress],
  );
  const nodeNames = useNodeNames();
  const names = useMemo((): Names => {
    const indices = new Map(shards.map(({ id, index }) => [id, index]));
    return {
      shard: (id) => {
        const index = indices.get(id);
        return index === undefined ? undefined : `Shard ${index}`;
      },
      node: (id) => nodeNames.get(id),
    };
  }, [shards, nodeNames]);
  if (events.isPending) return <LoadingState rows={8} height={rowHeight} />;
  if (events.isError)
    return (
      <ErrorState
        error={events.error}
        thing="list of events"
        onRetry={() => void events.refetch()}
      />
    );
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="sm">
        <Switch
          label="With every step of progress"
          checked={hasProgress}
          onChange={({ currentTarget: { checked } }) =>
            address.set({ progress: checked ? "1" : "" })
          }
        />
        <Text size="sm" c="dimmed" className="numbers">
          {plural(shown.length, "event")}
        </Text>
      </Group>
      <Rows events={shown} names={names} />
    </Stack>
  );
}

function Rows({
  events,
  names,
}: {
  readonly events: readonly StreamEvent[];
  readonly names: Names;
}) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: (i) => events[i]!.seq,
  });
  return (
    <div
      ref={box}
      className={styles.box}
      role="log"
      aria-label="Events, newest first"
      aria-live="off"
      tabIndex={0}
    >
      <ol className={styles.list} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const event = events[index]!;
          const { text, detail, tone } = eventWords(event, names);
          return (
            <li
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              className={styles.row}
              style={{ transform: `translateY(${start}px)` }}
            >
              <time dateTime={event.at} className={`numbers ${styles.time}`}>
                {moment.format(new Date(event.at))}
              </time>
              <span className={styles.sign} data-tone={tone} aria-hidden="true">
                {signs[tone]}
              </span>
              <span className={`name ${styles.text}`}>
                {text}
                {detail !== undefined && (
                  <span className={styles.detail}>{detail}</span>
                )}
              </span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

const signs = { plain: "·", good: "✓", warning: "↻", bad: "✕" } as const;
