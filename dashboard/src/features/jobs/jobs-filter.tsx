/** Which jobs are listed; kept in the address. */
import { Group, NativeSelect } from "@mantine/core";
import type { Job } from "../../api/types.ts";
import type { Address } from "../../ui/use-address.ts";
import type { JobKind } from "./job-types.ts";
import { kindWord, statusWords } from "./job-words.ts";

const statuses = Object.keys(statusWords) as Job["status"][];
const kinds: readonly JobKind[] = [
  "search",
  "check-model",
  "inspect-dataset",
  "train",
  "evaluate",
  "audit",
  "noop",
];

export interface JobsFilter {
  readonly status: Job["status"] | undefined;
  readonly kind: JobKind | undefined;
}

/** What the address says that there is not counts as not said. */
export const filterOf = (address: Address): JobsFilter => ({
  status: statuses.find((status) => status === address.get("status")),
  kind: kinds.find((kind) => kind === address.get("kind")),
});

export function JobsFilterBar({
  address,
  filter,
}: {
  readonly address: Address;
  readonly filter: JobsFilter;
}) {
  return (
    <Group gap="sm" mb="md">
      <NativeSelect
        label="State"
        value={filter.status ?? ""}
        onChange={({ currentTarget: { value } }) =>
          address.set({ status: value })
        }
        data={[
          { value: "", label: "all" },
          ...statuses.map((value) => ({ value, label: statusWords[value] })),
        ]}
      />
      <NativeSelect
        label="Kind"
        value={filter.kind ?? ""}
        onChange={({ currentTarget: { value } }) =>
          address.set({ kind: value })
        }
        data={[
          { value: "", label: "all" },
          ...kinds.map((value) => ({ value, label: kindWord(value) })),
        ]}
      />
    </Group>
  );
}
