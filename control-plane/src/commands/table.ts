/** Tables as aligned text: a line a row, so that they can be cut and searched with the usual tools. Pure. */

/**
 * @param rows as many cells each as there are headings
 * @returns lines without an end of line; columns are two spaces apart, numbers are aligned to the right
 */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = rows.map((row) => row.map(String));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const isNumeric = headings.map(
    (_, column) =>
      rows.length > 0 && rows.every((row) => typeof row[column] === "number"),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        isNumeric[column]
          ? cell.padStart(widths[column] ?? 0)
          : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(headings), ...cells.map(line)].join("\n");
}

/** 2026-11-25T07:38:43.123Z → "2026-11-25 07:38:43", in the zone of this machine. */
export function formatTime(iso: string | null): string {
  if (iso === null) return "–";
  const time = new Date(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [
    time.getFullYear(),
    two(time.getMonth() + 1),
    two(time.getDate()),
  ];
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(
    two,
  );
  return `${day.join("-")} ${clock.join(":")}`;
}

/** The first eight digits of an id: what tables show, and commands take. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
