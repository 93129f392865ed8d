import { tileGap } from "./gallery-layout.ts";
import classes from "./gallery.module.css";
import { indexText } from "./grid-model.ts";
import type { ClassRow } from "./order-classes.ts";

/** Names of classes, in one column that stays while the rest moves sideways; for who reads aloud each row has its own. */
export const GridLabels = ({
  classRows,
  items,
  width,
  height,
  side,
}: {
  readonly classRows: readonly ClassRow[];
  readonly items: readonly { readonly index: number; readonly start: number }[];
  readonly width: number;
  readonly height: number;
  readonly side: number;
}) => (
  <div className={classes.labels} aria-hidden="true" style={{ width, height }}>
    {items.map(({ index, start }) => (
      <div
        key={index}
        className={classes.label}
        style={{ top: start + tileGap, height: side }}
      >
        <span className={classes.labelName} dir="auto">
          {classRows[index]!.name}
        </span>
        <span className={classes.labelIndex}>
          {indexText(classRows[index]!)}
        </span>
      </div>
    ))}
  </div>
);
