/** What nodes have noted on a job's models. */
import { Text } from "@mantine/core";

/** Of many models the first few say enough. */
const mostNotes = 10;

export const ModelNotes = ({
  models,
}: {
  readonly models: readonly {
    readonly model: string;
    readonly warnings: readonly string[];
  }[];
}) =>
  models
    .flatMap(({ model, warnings }) =>
      warnings.map((warning) => ({ model, warning })),
    )
    .slice(0, mostNotes)
    .map(({ model, warning }) => (
      <Text key={`${model} ${warning}`} size="sm" className="name">
        Note on {model}: {warning}
      </Text>
    ));
