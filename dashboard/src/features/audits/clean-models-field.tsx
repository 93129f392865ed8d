/** Which clean models an audit compares with: chosen among those that have an audit on the same data set. */
import {
  Alert,
  Button,
  Checkbox,
  Group,
  Skeleton,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, bodyOf } from "../../api/client.ts";
import type { Audit } from "../../api/types.ts";
import { formatCount } from "../../ui/format.ts";
import {
  chosenWords,
  fewestCleanModels,
  mostCleanModels,
  type CleanModel,
} from "./clean-models.ts";
import styles from "./clean-models-field.module.css";
import { VerdictBadge } from "./verdict-badge.tsx";

/** Rows at once; others are found by their names. */
const mostRows = 100;
/** Most that REST lists at once. */
const mostListed = 1_000;
/** After the last letter, before it is looked for. */
const restMs = 250;

interface CleanModelsFieldProps {
  /** Its name. */
  readonly dataset: string;
  /** Ids of the models that are to be audited: none is compared with itself. */
  readonly audited: ReadonlySet<string>;
  /** In the order in which they were chosen. */
  readonly chosen: readonly CleanModel[];
  readonly onChange: (chosen: readonly CleanModel[]) => void;
}

export function CleanModelsField({
  dataset,
  audited,
  chosen,
  onChange,
}: CleanModelsFieldProps) {
  const label = useId();
  const [text, setText] = useState("");
  const [words] = useDebouncedValue(text.trim(), restMs);
  const limit = Math.min(mostListed, mostRows + audited.size);
  const audits = useQuery({
    queryKey: ["comparable-audits", dataset, words, limit],
    queryFn: ({ signal }) =>
      bodyOf(
        api.GET("/api/datasets/{idOrName}/audits", {
          params: {
            path: { idOrName: dataset },
            query: { q: words, limit },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const found = (audits.data ?? []).filter(
    ({ modelId }) => !audited.has(modelId),
  );
  const rows = found.slice(0, mostRows);
  const hasMore =
    found.length > mostRows || (audits.data ?? []).length === limit;
  const pick = ({ modelId: id, model: name }: Audit, isPicked: boolean) =>
    onChange(
      isPicked
        ? [...chosen, { id, name }]
        : chosen.filter((each) => each.id !== id),
    );
  return (
    <Stack gap="xs" role="group" aria-labelledby={label}>
      <Text size="sm" fw={500} id={label}>
        Clean models
      </Text>
      <TextInput
        aria-label="Find clean models by name"
        placeholder={`Models with an audit on ${dataset}`}
        size="xs"
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={(event) => {
          // Enter looks for a name; it does not start the audit.
          if (event.key === "Enter") event.preventDefault();
        }}
      />
      <div className={styles.box} aria-busy={audits.isFetching}>
        {audits.isPending ? (
          <Stack gap={6} role="status" aria-label="Loading">
            {[0, 1, 2].map((row) => (
              <Skeleton key={row} height={24} />
            ))}
          </Stack>
        ) : audits.isError ? (
          <Alert color="red" title="The models cannot be listed now">
            <Stack gap="xs" align="flex-start">
              <span className="name">{audits.error.message}</span>
              <Button
                variant="default"
                size="compact-sm"
                onClick={() => void audits.refetch()}
              >
                Try again
              </Button>
            </Stack>
          </Alert>
        ) : rows.length === 0 ? (
          <Text size="sm">
            {words === ""
              ? `No other model has an audit on ${dataset} yet. Audit models that you believe to be clean; then they can be chosen here.`
              : `No other model with an audit on ${dataset} is called so.`}
          </Text>
        ) : (
          <ul className={styles.list}>
            {rows.map((audit) => {
              const isChosen = chosen.some(({ id }) => id === audit.modelId);
              return (
                <li key={audit.modelId} className={styles.row}>
                  <Checkbox
                    size="xs"
                    classNames={{ body: styles.body, label: styles.name }}
                    label={<bdi>{audit.model}</bdi>}
                    title={audit.model}
                    checked={isChosen}
                    disabled={!isChosen && chosen.length >= mostCleanModels}
                    onChange={({ currentTarget }) =>
                      pick(audit, currentTarget.checked)
                    }
                  />
                  {audit.judged && (
                    <VerdictBadge verdict={audit.judged.verdict} />
                  )}
                </li>
              );
            })}
          </ul>
        )}
      </div>
      {hasMore && (
        <Text size="xs" c="dimmed">
          These are the first {formatCount(rows.length)}; find others by their
          names.
        </Text>
      )}
      <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
        <Text size="sm" role="status" className="name">
          {chosenWords(chosen)}
        </Text>
        <Button
          variant="subtle"
          size="compact-xs"
          flex="none"
          disabled={chosen.length === 0}
          onClick={() => onChange([])}
        >
          Choose none
        </Button>
      </Group>
      {words === "" &&
        audits.isSuccess &&
        !hasMore &&
        rows.length > 0 &&
        rows.length < fewestCleanModels && (
          <Text size="sm">
            Only {rows.length} other {rows.length === 1 ? "model" : "models"}{" "}
            can be compared with, and {fewestCleanModels} are needed. Audit
            further clean ones on {dataset} first.
          </Text>
        )}
    </Stack>
  );
}
