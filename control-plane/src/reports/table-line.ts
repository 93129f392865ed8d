/** A line of CSV (RFC 4180). Pure. */

export const lineOfTable = (cells: readonly (string | number)[]): string =>
  `${cells.map(cellOf).join(",")}\r\n`;

/** Names come from outside: none of them may be read as a formula by a spreadsheet. */
function cellOf(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
