/** Reads what schema.prisma says of tables, as far as it is written here: enough to hold it against a database's catalogue. */

export interface Table {
  readonly columns: Readonly<Record<string, Column>>;
  readonly primaryKey: readonly string[];
  /** Of columns. */
  readonly uniques: readonly (readonly string[])[];
  /** Not unique, over the whole table. */
  readonly indexes: Readonly<Record<string, readonly string[]>>;
  readonly foreignKeys: readonly ForeignKey[];
}

export interface Column {
  /** As PostgreSQL's udt_name: `text`, `_int4`. */
  readonly type: string;
  readonly isNullable: boolean;
  readonly hasDefault: boolean;
}

export interface ForeignKey {
  readonly columns: readonly string[];
  readonly table: string;
  readonly references: readonly string[];
  readonly onDelete: string;
  readonly onUpdate: string;
}

const types: Readonly<Record<string, string>> = {
  String: "text",
  Int: "int4",
  BigInt: "int8",
  Float: "float8",
  Boolean: "bool",
  Json: "jsonb",
};

const nativeTypes: Readonly<Record<string, string>> = {
  "@db.Uuid": "uuid",
  "@db.Timestamptz(3)": "timestamptz",
};

interface Field {
  readonly name: string;
  readonly column: string;
  readonly type: string;
  readonly modifier: string;
  readonly attributes: string;
}

interface Model {
  readonly name: string;
  readonly table: string;
  readonly fields: readonly Field[];
  readonly blockAttributes: readonly string[];
}

/** @returns tables by name */
export function readSchema(text: string): Readonly<Record<string, Table>> {
  const models = [...text.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)].map(
    ([, name = "", body = ""]) => readModel(name, body),
  );
  const byName = new Map(models.map((model) => [model.name, model]));
  return Object.fromEntries(
    models.map((model) => [model.table, readTable(model, byName)]),
  );
}

function readModel(name: string, body: string): Model {
  const lines = body
    .split("\n")
    .map((line) => line.replace(/\/\/.*/, "").trim())
    .filter((line) => line !== "");
  const blockAttributes = lines.filter((line) => line.startsWith("@@"));
  const fields = lines
    .filter((line) => !line.startsWith("@@"))
    .map((line): Field => {
      const match = /^(\w+)\s+(\w+)(\?|\[\])?\s*(.*)$/.exec(line);
      if (!match) throw new Error(`schema.prisma, model ${name}: ${line}`);
      const [, field = "", type = "", modifier = "", attributes = ""] = match;
      const column = / ?@map\("(\w+)"\)/.exec(attributes)?.[1] ?? field;
      return { name: field, column, type, modifier, attributes };
    });
  const table = blockAttributes
    .map((line) => /^@@map\("(\w+)"\)/.exec(line)?.[1])
    .find((found) => found !== undefined);
  return { name, table: table ?? name, fields, blockAttributes };
}

function readTable(model: Model, models: ReadonlyMap<string, Model>): Table {
  const { fields, blockAttributes } = model;
  const scalars = fields.filter(({ type }) => !models.has(type));
  const single = (attribute: RegExp) =>
    scalars
      .filter(({ attributes }) => attribute.test(attributes))
      .map(({ column }) => column);
  const block = (attribute: string) =>
    blockAttributes.filter((line) => line.startsWith(`@@${attribute}(`));
  return {
    columns: Object.fromEntries(
      scalars.map((field) => [field.column, readColumn(model, field)]),
    ),
    primaryKey: [
      ...single(/@id\b/),
      ...block("id").flatMap((line) => columnList(model, line)),
    ],
    uniques: [
      ...single(/@unique\b/).map((column) => [column]),
      ...block("unique").map((line) => columnList(model, line)),
    ],
    indexes: Object.fromEntries(
      block("index").map((line) => [
        /map: "(\w+)"/.exec(line)?.[1] ?? "unnamed",
        columnList(model, line),
      ]),
    ),
    foreignKeys: fields.flatMap((field) => {
      const target = models.get(field.type);
      const match =
        /@relation\(.*fields: (\[.*?\]), references: (\[.*?\]), onDelete: (\w+), onUpdate: (\w+)\)/.exec(
          field.attributes,
        );
      if (!target || !match) return [];
      const [, own = "", theirs = "", onDelete = "", onUpdate = ""] = match;
      return [
        {
          columns: columnList(model, own),
          table: target.table,
          references: columnList(target, theirs),
          onDelete,
          onUpdate,
        },
      ];
    }),
  };
}

function readColumn(model: Model, field: Field): Column {
  const native = Object.entries(nativeTypes).find(([attribute]) =>
    field.attributes.includes(attribute),
  )?.[1];
  const type = native ?? types[field.type];
  if (type === undefined)
    throw new Error(
      `schema.prisma, ${model.name}.${field.name}: there is no type for ${field.type} ${field.attributes}`,
    );
  return {
    type: field.modifier === "[]" ? `_${type}` : type,
    isNullable: field.modifier === "?",
    hasDefault: field.attributes.includes("@default("),
  };
}

/** The columns of the first `[a, b]` in an attribute, which names fields. */
function columnList(model: Model, attribute: string): readonly string[] {
  const names = /\[(.*?)\]/.exec(attribute)?.[1]?.split(/,\s*/) ?? [];
  return names.map((name) => {
    const field = model.fields.find((one) => one.name === name);
    if (!field)
      throw new Error(`schema.prisma, ${model.name}: no field ${name}`);
    return field.column;
  });
}
