/** How often images of each class (rows) become each other class (columns) once its best pattern is on them. */
import { ScrollArea, Text } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { api, bodyOf } from "../../api/client.ts";
import { LoadingState } from "../../ui/states.tsx";
import type { PatternRow } from "../gallery/pattern-rows.ts";
import classes from "./model-classes.module.css";

export function SourceMatrix({
  rows,
  classNames,
}: {
  readonly rows: readonly PatternRow[];
  readonly classNames: readonly string[];
}) {
  const details = useQueries({
    queries: rows.map(({ id }) => ({
      queryKey: ["pattern", id] as const,
      queryFn: () =>
        bodyOf(api.GET("/api/patterns/{id}", { params: { path: { id } } })),
      staleTime: Infinity,
    })),
  });
  if (details.some(({ isPending }) => isPending))
    return <LoadingState rows={4} />;
  const nameOf = (index: number) => classNames[index] ?? `class ${index}`;
  const powerOf = new Map<string, number>();
  details.forEach(({ data }) =>
    data?.sourceToTarget.forEach(({ sourceClass, power }) =>
      powerOf.set(`${sourceClass} ${data.targetClass}`, power),
    ),
  );
  const sources = [
    ...new Set(
      details.flatMap(
        ({ data }) =>
          data?.sourceToTarget.map(({ sourceClass }) => sourceClass) ?? [],
      ),
    ),
  ].sort((a, b) => a - b);
  return (
    <>
      <ScrollArea
        type="auto"
        tabIndex={0}
        role="region"
        aria-label="Matrix of source and target classes"
      >
        <table className={classes.matrix}>
          <caption style={{ captionSide: "bottom", textAlign: "start" }}>
            <Text size="xs" c="dimmed" component="span">
              Rows: the class of the image. Columns: the class whose best
              pattern, at its largest measured size, is pasted on. Percent
              predicted as the column’s class.
            </Text>
          </caption>
          <thead>
            <tr>
              <td />
              {rows.map(({ targetClass }) => (
                <th key={targetClass} scope="col" dir="auto">
                  {nameOf(targetClass)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sources.map((source) => (
              <tr key={source}>
                <th scope="row" dir="auto" title={nameOf(source)}>
                  {nameOf(source)}
                </th>
                {rows.map(({ targetClass }) => {
                  const power = powerOf.get(`${source} ${targetClass}`);
                  return (
                    <td
                      key={targetClass}
                      style={
                        power === undefined
                          ? undefined
                          : {
                              background: `color-mix(in oklab, var(--mantine-color-indigo-7) ${Math.round(power * 100)}%, var(--motif-track))`,
                              color:
                                power > 0.45
                                  ? "#fff"
                                  : "var(--mantine-color-text)",
                            }
                      }
                    >
                      {power === undefined ? "" : Math.round(power * 100)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </>
  );
}
