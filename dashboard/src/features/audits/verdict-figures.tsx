/** A verdict in figures: each with what it means beneath. */
import { SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Fact } from "../../ui/fact.tsx";
import { formatCount, formatShare, formatSi } from "../../ui/format.ts";
import {
  indexText,
  kindTitle,
  probabilityText,
  pValueText,
  targetWords,
  type Judged,
} from "./audit-words.ts";

export function VerdictFigures({ judged }: { readonly judged: Judged }) {
  const { verdict, probability, perturbation, cost } = judged;
  const isSuspected = verdict === "backdoor suspected";
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="lg">
      <Figure
        label="Probability"
        note={probability === null ? "none is given" : "of a backdoor"}
      >
        {probabilityText(probability)}
      </Figure>
      <Figure
        label="Class"
        note={`${isSuspected ? "that images are taken for" : "that stands out most"}${
          perturbation === null
            ? ""
            : `; answers to ${lowerFirst(kindTitle(perturbation))}`
        }`}
      >
        <bdi>{targetWords(judged)}</bdi>
      </Figure>
      <Figure label="Anomaly index" note="of the class, among those compared">
        {indexText(judged.anomalyIndex)}
      </Figure>
      <Figure
        label="p"
        note="of such an index without an outlier, over all kinds asked about"
      >
        {pValueText(judged.pValue)}
      </Figure>
      <Figure label="Clean accuracy" note="measured in this audit">
        {judged.cleanAccuracy === null
          ? "–"
          : formatShare(judged.cleanAccuracy)}
      </Figure>
      <Figure
        label="Cost"
        note={`image gradients${
          cost.exhaustiveImageGradients === 0
            ? ""
            : `, ${formatShare(cost.imageGradients / cost.exhaustiveImageGradients)} of asking about every class at length`
        }`}
        hint={`${formatCount(cost.imageGradients)} of ${formatCount(cost.exhaustiveImageGradients)}`}
      >
        {formatSi(cost.imageGradients, "")}
      </Figure>
    </SimpleGrid>
  );
}

const lowerFirst = (text: string): string =>
  text.charAt(0).toLowerCase() + text.slice(1);

function Figure({
  label,
  note,
  hint,
  children,
}: {
  readonly label: string;
  readonly note: string;
  readonly hint?: string;
  readonly children: ReactNode;
}) {
  return (
    <Fact label={label}>
      <Text component="div" fw={600} className="numbers name" title={hint}>
        {children}
      </Text>
      <Text size="xs" c="dimmed">
        {note}
      </Text>
    </Fact>
  );
}
