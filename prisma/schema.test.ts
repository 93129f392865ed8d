import { readFile } from "node:fs/promises";
import { afterAll, expect, test } from "vitest";
import { newTestDatabase } from "../test/harness/postgres.ts";
import {
  readSchema,
  type Column,
  type ForeignKey,
  type Table,
} from "./read-schema.ts";

const database = await newTestDatabase();
afterAll(() => database.close());

const schema = readSchema(
  await readFile(new URL("schema.prisma", import.meta.url), "utf8"),
);

test("schema.prisma and the migrated database have the same tables", async () => {
  const { rows } = await database.pool.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'`,
  );
  expect(Object.keys(schema).sort()).toEqual(
    rows.map(({ name }) => name).sort(),
  );
});

test.each(Object.keys(schema))(
  "schema.prisma says of %s what the database has",
  async (name) => {
    expect(sorted(await readCatalogue(name))).toEqual(sorted(schema[name]));
  },
);

async function readCatalogue(table: string): Promise<Table> {
  const [columns, indexes, foreignKeys] = await Promise.all([
    readColumns(table),
    readIndexes(table),
    readForeignKeys(table),
  ]);
  return {
    columns,
    primaryKey: indexes.find(({ is_primary }) => is_primary)?.columns ?? [],
    uniques: indexes
      .filter((index) => index.is_unique && !index.is_primary)
      .map((index) => index.columns),
    indexes: Object.fromEntries(
      indexes
        .filter(({ is_unique }) => !is_unique)
        .map((index) => [index.name, index.columns]),
    ),
    foreignKeys,
  };
}

async function readColumns(table: string): Promise<Record<string, Column>> {
  const { rows } = await database.pool.query<Column & { name: string }>(
    `SELECT column_name AS name, udt_name AS type, is_nullable = 'YES' AS "isNullable",
       column_default IS NOT NULL OR is_identity = 'YES' AS "hasDefault"
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`,
    [table],
  );
  return Object.fromEntries(rows.map(({ name, ...column }) => [name, column]));
}

interface Index {
  readonly name: string;
  readonly is_primary: boolean;
  readonly is_unique: boolean;
  readonly columns: readonly string[];
}

/** Those over the whole table: Prisma knows no others. */
async function readIndexes(table: string): Promise<readonly Index[]> {
  const { rows } = await database.pool.query<Index>(
    `SELECT indexrelid::regclass::text AS name, indisprimary AS is_primary, indisunique AS is_unique,
       (SELECT array_agg(attname::text ORDER BY place)
        FROM unnest(indkey) WITH ORDINALITY AS key (number, place)
        JOIN pg_attribute ON attrelid = indrelid AND attnum = number) AS columns
     FROM pg_index WHERE indrelid = $1::regclass AND indpred IS NULL`,
    [table],
  );
  return rows;
}

async function readForeignKeys(table: string): Promise<readonly ForeignKey[]> {
  const names = (relation: string, numbers: string) =>
    `(SELECT array_agg(attname::text ORDER BY place)
      FROM unnest(${numbers}) WITH ORDINALITY AS key (number, place)
      JOIN pg_attribute ON attrelid = ${relation} AND attnum = number)`;
  const action = (column: string) =>
    `CASE ${column} WHEN 'a' THEN 'NoAction' WHEN 'c' THEN 'Cascade' WHEN 'n' THEN 'SetNull' ELSE ${column}::text END`;
  const { rows } = await database.pool.query<ForeignKey>(
    `SELECT ${names("conrelid", "conkey")} AS columns, confrelid::regclass::text AS table,
       ${names("confrelid", "confkey")} AS references,
       ${action("confdeltype")} AS "onDelete", ${action("confupdtype")} AS "onUpdate"
     FROM pg_constraint WHERE contype = 'f' AND conrelid = $1::regclass`,
    [table],
  );
  return rows;
}

/** Lists without an order of their own in one. */
function sorted(table: Table): Table {
  const order = <T>(list: readonly T[]) =>
    [...list].sort((a, b) =>
      JSON.stringify(a).localeCompare(JSON.stringify(b)),
    );
  return {
    ...table,
    uniques: order(table.uniques),
    foreignKeys: order(table.foreignKeys),
  };
}
