/** A model's manifest as a form holds it, what its refusals are about, and which files belong together. Pure. */

/** As people type them; empty where the default is meant. */
export interface ManifestForm {
  readonly name: string;
  readonly inputRange: string;
  readonly mean: string;
  readonly std: string;
  readonly layout: string;
  readonly channelOrder: string;
  readonly inputSize: string;
  readonly classes: string;
  readonly declaredAccuracy: string;
}

export const emptyManifest: ManifestForm = {
  name: "",
  inputRange: "",
  mean: "",
  std: "",
  layout: "",
  channelOrder: "",
  inputSize: "",
  classes: "",
  declaredAccuracy: "",
};

export type ManifestField = keyof ManifestForm;
const fields = Object.keys(emptyManifest) as ManifestField[];

const numbersIn = (text: string): number[] =>
  text
    .split(/[\s,;]+/)
    .filter((part) => part !== "")
    .map(Number);

/** @param known what else a manifest file says, such as its ground truth: kept as it is */
export function manifestOf(
  form: ManifestForm,
  known: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const manifest: Record<string, unknown> = { ...known };
  const put = (field: ManifestField, value: unknown) => {
    if (form[field].trim() === "") delete manifest[field];
    else manifest[field] = value;
  };
  put("name", form.name.trim());
  for (const field of ["inputRange", "mean", "std", "inputSize"] as const)
    put(field, numbersIn(form[field]));
  put("layout", form.layout);
  put("channelOrder", form.channelOrder);
  put(
    "classes",
    form.classes
      // Names have commas in them ("tench, Tinca tinca"): these part names only where there are no lines.
      .split(form.classes.trim().includes("\n") ? "\n" : ",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  );
  put(
    "declaredAccuracy",
    Number(form.declaredAccuracy.replace("%", "")) /
      (form.declaredAccuracy.includes("%") ? 100 : 1),
  );
  return manifest;
}

/** @param manifest as a file has it */
export function formOf(
  manifest: Readonly<Record<string, unknown>>,
): ManifestForm {
  const text = (value: unknown): string =>
    Array.isArray(value)
      ? value.join(", ")
      : typeof value === "string" || typeof value === "number"
        ? String(value)
        : "";
  return Object.fromEntries(
    fields.map((field) => [
      field,
      field === "classes" && Array.isArray(manifest.classes)
        ? manifest.classes.join("\n")
        : text(manifest[field]),
    ]),
  ) as unknown as ManifestForm;
}

/** What is wrong at first sight, by field. */
export function problemsOf(
  form: ManifestForm,
): Partial<Record<ManifestField, string>> {
  const problems: Partial<Record<ManifestField, string>> = {};
  const count = (
    field: "inputRange" | "inputSize" | "mean" | "std",
    counts: readonly number[],
  ) => {
    if (form[field].trim() === "") return;
    const values = numbersIn(form[field]);
    if (
      values.some((value) => !Number.isFinite(value)) ||
      !counts.includes(values.length)
    )
      problems[field] =
        `${counts.join(" or ")} numbers are expected, such as ${field === "inputRange" ? "0, 1" : field === "inputSize" ? "224, 224" : "0.485, 0.456, 0.406"}.`;
  };
  count("inputRange", [2]);
  count("inputSize", [2]);
  count("mean", [1, 3]);
  count("std", [1, 3]);
  const accuracy = form.declaredAccuracy.trim();
  if (
    accuracy !== "" &&
    !/^(0?\.\d+|0|1(\.0*)?|\d{1,3}(\.\d+)?%)$/.test(accuracy)
  )
    problems.declaredAccuracy =
      "A share from 0 to 1, or percent such as 88.7%, is expected.";
  return problems;
}

/** Words by which a refusal is known to be about a field; the first that fits. */
const about: readonly (readonly [
  ManifestField | "file" | "dataset",
  RegExp,
])[] = [
  [
    "declaredAccuracy",
    /declared ?accuracy|clean accuracy|declares|was declared/i,
  ],
  ["classes", /class names|classes|logits/i],
  ["inputSize", /inputSize/],
  ["channelOrder", /channelOrder|channels/i],
  ["layout", /layout|NCHW|NHWC/],
  ["inputRange", /inputRange/],
  ["std", /\bstd\b/],
  ["mean", /\bmean\b/],
  ["dataset", /data set/i],
  ["name", /name is taken|another model|has the name|^name:/i],
];

/** @returns the field beside which a refusal belongs */
export function fieldOf(problem: string): ManifestField | "file" | "dataset" {
  const named = /(?:manifest\.)?(\w+):/.exec(problem)?.[1];
  if (named !== undefined && (fields as readonly string[]).includes(named))
    return named as ManifestField;
  return about.find(([, words]) => words.test(problem))?.[0] ?? "file";
}

/** Models with the .json that has their name; files that belong to none. */
export function pairFiles<File extends { readonly name: string }>(
  files: readonly File[],
): {
  readonly models: readonly {
    readonly model: File;
    readonly manifest: File | undefined;
  }[];
  readonly others: readonly File[];
} {
  const stem = (name: string) => name.replace(/\.(onnx|json)$/i, "");
  const isModel = ({ name }: File) => /\.onnx$/i.test(name);
  const isManifest = ({ name }: File) => /\.json$/i.test(name);
  const models = files.filter(isModel).map((model) => ({
    model,
    manifest: files.find(
      (file) => isManifest(file) && stem(file.name) === stem(model.name),
    ),
  }));
  const used = new Set(
    models.flatMap(({ model, manifest }) => [model, manifest]),
  );
  return { models, others: files.filter((file) => !used.has(file)) };
}
