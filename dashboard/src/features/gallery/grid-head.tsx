/** The columns' titles, and above them the models' where several stand side by side. */
import { groupGap, tileGap, type Column } from "./gallery-layout.ts";
import classes from "./gallery.module.css";
import { columnTitle, type GridModel } from "./grid-model.ts";

export function GridHead({
  models,
  columns,
  mounted,
  side,
  width,
  labelWidth,
  height,
}: {
  readonly models: readonly GridModel[];
  readonly columns: readonly Column[];
  readonly mounted: readonly number[];
  readonly side: number;
  readonly width: number;
  readonly labelWidth: number;
  readonly height: number;
}) {
  return (
    <div
      className={classes.head}
      style={{ height, width: width + labelWidth + tileGap }}
      role="rowgroup"
    >
      <div role="row" aria-rowindex={1} style={{ display: "flex", height }}>
        <div
          role="columnheader"
          aria-colindex={1}
          className={classes.corner}
          style={{
            width: labelWidth,
            flex: "none",
            height: height - 1,
            alignContent: "end",
            paddingBottom: 4,
            fontSize: 11,
          }}
        >
          Class
        </div>
        <div style={{ position: "relative", width }} role="presentation">
          {models.length > 1 &&
            models.map(({ title }, model) => {
              const own = columns.filter((column) => column.model === model);
              if (own.length === 0) return null;
              const left = own[0]!.left;
              return (
                <div
                  key={model}
                  className={classes.groupTitle}
                  role="presentation"
                  style={{
                    insetInlineStart: left,
                    maxWidth:
                      own.at(-1)!.left + side - left + groupGap - tileGap,
                  }}
                  dir="auto"
                  title={title}
                >
                  {title}
                </div>
              );
            })}
          {mounted.map((index) => {
            const column = columns[index]!;
            const text = columnTitle(column, models);
            return (
              <div
                key={index}
                role="columnheader"
                aria-colindex={index + 2}
                aria-label={
                  models.length > 1
                    ? `${models[column.model]!.title}, ${text}`
                    : text
                }
                className={classes.columnTitle}
                style={{ insetInlineStart: column.left, width: side }}
              >
                {text}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
