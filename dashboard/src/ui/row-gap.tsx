/** In a table that holds only the rows in view: what stands in place of those above, or below. */
export function RowGap({
  height,
  columns,
}: {
  /** CSS pixels. */
  readonly height: number;
  readonly columns: number;
}) {
  return (
    height > 0 && (
      <tr aria-hidden="true" style={{ height }}>
        <td colSpan={columns} />
      </tr>
    )
  );
}
