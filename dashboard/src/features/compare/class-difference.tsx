"use client";
/** One class in all models: their curves over each other, and how far each is from the baseline. */
import { Paper, Table, Text, Title } from "@mantine/core";
import { formatInterval, formatShare } from "../../ui/format.ts";
import { useAddress } from "../../ui/use-address.ts";
import { parseChosenK, firstChoice } from "../gallery/chosen-k.ts";
import { parsePlace, type PatternRows } from "../gallery/pattern-rows.ts";
import { usePatternRows } from "../gallery/use-pattern-rows.ts";
import type { SearchedModel } from "../models/use-searched-models.ts";
import classes from "./class-difference.module.css";
import { bestOfClass, differenceOf } from "./class-patterns.ts";
import { CurvesTogether } from "./curves-together.tsx";

export function ClassDifference({
  models,
  baseline,
}: {
  readonly models: readonly SearchedModel[];
  readonly baseline: number;
}) {
  const address = useAddress();
  const live = usePatternRows(models.map(({ job }) => job.id));
  const place = parsePlace(address.get("pattern"));
  const inModel = models.findIndex(({ job }) => job.id === address.get("in"));
  const first = place ? null : strongestClass(live.map(({ rows }) => rows));
  const chosenModel = models[first ? first.model : Math.max(0, inModel)];
  const className =
    chosenModel?.classNames[(place ?? first)?.targetClass ?? -1];
  if (className === undefined) return null;
  const entries = models.map(({ classNames }, index) => {
    const rows = live[index]?.rows;
    const row = rows && bestOfClass(rows, classNames.indexOf(className));
    return { rows, row };
  });
  const ks = entries[baseline]?.rows?.ks ?? [];
  const chosen = parseChosenK(address.get("k"), ks);
  const at = chosen === "star" ? firstChoice(ks) : chosen;
  const base = entries[baseline]?.row;
  return (
    <Paper withBorder p="md" radius="md">
      <Title order={2} size="h4" className="name" dir="auto">
        {className}
      </Title>
      <Text size="xs" c="dimmed" mb="sm">
        The best pattern of this class in each model; choose another class by
        its tile below.
      </Text>
      <div className={classes.columns}>
        <CurvesTogether
          lines={entries.map(({ rows, row }, index) => ({
            title: models[index]!.title,
            points:
              rows && row
                ? rows.ks.flatMap((k, i) => {
                    const power = row.power[i];
                    return power == null ? [] : [{ k, power }];
                  })
                : [],
          }))}
          k={ks[at] ?? 0}
        />
        <Table.ScrollContainer
          minWidth={420}
          type="native"
          tabIndex={0}
          role="region"
          aria-label="Models compared for this class"
        >
          <Table verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Model</Table.Th>
                <Table.Th ta="right">Power at {ks[at] ?? 0} pixels</Table.Th>
                <Table.Th ta="right">k*</Table.Th>
                <Table.Th ta="right">Against the baseline</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody className="numbers">
              {entries.map(({ rows, row }, index) => {
                const place = rows?.ks.indexOf(ks[at] ?? -1) ?? -1;
                const power = row?.power[place];
                const [low, high] = [row?.low[place], row?.high[place]];
                const difference =
                  base && row && index !== baseline
                    ? differenceOf(row, place, base, at)
                    : null;
                return (
                  <Table.Tr key={models[index]!.job.id}>
                    <Table.Td className="name" dir="auto">
                      {models[index]!.title}
                    </Table.Td>
                    <Table.Td ta="right">
                      {power == null || low == null || high == null
                        ? "–"
                        : `${formatShare(power)} (${formatInterval(low, high)})`}
                    </Table.Td>
                    <Table.Td ta="right">{row?.kStar ?? "–"}</Table.Td>
                    <Table.Td ta="right">
                      {index === baseline
                        ? "baseline"
                        : difference === null
                          ? "–"
                          : `${difference.value >= 0 ? "+" : "−"}${(Math.abs(difference.value) * 100).toFixed(1)} points (±${(difference.halfWidth * 100).toFixed(1)})`}
                    </Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </div>
    </Paper>
  );
}

/** Where the smallest k* is: the class that a first look is for. */
function strongestClass(
  all: readonly PatternRows[],
): { readonly model: number; readonly targetClass: number } | null {
  let best: { model: number; targetClass: number; kStar: number } | null = null;
  all.forEach(({ byPlace }, model) => {
    for (const { targetClass, kStar } of byPlace.values())
      if ((kStar ?? Infinity) < (best?.kStar ?? Infinity))
        best = { model, targetClass, kStar: kStar ?? Infinity };
  });
  return best ?? (all.length > 0 ? { model: 0, targetClass: 0 } : null);
}
