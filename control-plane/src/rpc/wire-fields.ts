/**
 * What fields of inbound messages are held against. A node may be broken, old or hostile: nothing it sends gets further than
 * this with a value that the database or the planning cannot take.
 */
import { isSha256 } from "../storage/artifact-store.ts";
import { FieldViolation } from "./status.ts";

/** What PostgreSQL's `integer` takes. */
export const largestInteger = 2 ** 31 - 1;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** @returns the UUID in lower case, as the database spells it */
export function readUuid(field: string, text: string): string {
  const lower = text.toLowerCase();
  if (!uuid.test(lower))
    throw new FieldViolation(field, `"${text.slice(0, 60)}" is no UUID.`);
  return lower;
}

export function readUuids(
  field: string,
  texts: readonly string[],
  most: number,
): readonly string[] {
  return readList(field, texts, most, (text, at) => readUuid(at, text));
}

export function readSha256(field: string, text: string): string {
  if (!isSha256(text))
    throw new FieldViolation(
      field,
      `"${text.slice(0, 80)}" is no SHA-256 in 64 digits 0-9a-f.`,
    );
  return text;
}

/** @returns null for an empty text */
export function readOptionalSha256(field: string, text: string): string | null {
  return text === "" ? null : readSha256(field, text);
}

export function readInteger(
  field: string,
  value: number,
  least = 0,
  most = largestInteger,
): number {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new FieldViolation(
      field,
      `${value} is no whole number from ${least} to ${most}.`,
    );
  return value;
}

/** @returns a finite number */
export function readNumber(
  field: string,
  value: number,
  least = 0,
  most = Number.MAX_VALUE,
): number {
  // Written so that NaN does not pass.
  if (!(value >= least && value <= most))
    throw new FieldViolation(
      field,
      `${value} is no number from ${least} to ${most}.`,
    );
  return value;
}

export const readShare = (field: string, value: number): number =>
  readNumber(field, value, 0, 1);

/** @param most characters */
export function readText(field: string, text: string, most: number): string {
  if (text.length > most)
    throw new FieldViolation(
      field,
      `It has ${text.length} characters; at most ${most} are taken.`,
    );
  if (text.includes("\0"))
    throw new FieldViolation(
      field,
      "It has a character of code 0, which the database cannot keep.",
    );
  return text;
}

/** Reads each item, at most `most`; `at` is an item's path. */
export function readList<Item, Read>(
  field: string,
  items: readonly Item[],
  most: number,
  read: (item: Item, at: string) => Read,
): readonly Read[] {
  if (items.length > most)
    throw new FieldViolation(
      field,
      `It has ${items.length} entries; at most ${most} are taken.`,
    );
  return items.map((item, index) => read(item, `${field}[${index}]`));
}

/** @throws FieldViolation for a message that is not set */
export function readPresent<Message>(
  field: string,
  message: Message | undefined,
): Message {
  if (message === undefined)
    throw new FieldViolation(
      field,
      "It is missing, or of a kind unknown here.",
    );
  return message;
}
