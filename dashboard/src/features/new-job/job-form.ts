/** What the form of a new search holds, and the request it becomes. Pure. */
import type { paths } from "../../api/generated/api.ts";

type JobRequest =
  paths["/api/jobs/estimate"]["post"]["requestBody"]["content"]["application/json"];
export type SearchDefaults =
  paths["/api/jobs/defaults"]["get"]["responses"][200]["content"]["application/json"];

export const presetNames = ["default", "official"] as const;
export type PresetName = (typeof presetNames)[number];
export const canvasSources = ["free", "natural", "noise"] as const;
export type CanvasSource = (typeof canvasSources)[number];

/** Numbers are "" while their field is empty. */
export interface JobForm {
  readonly model: string;
  readonly dataset: string;
  readonly classes: string;
  readonly preset: PresetName;
  readonly canvasSource: CanvasSource;
  readonly canvases: number | "";
  readonly seeds: number | "";
  readonly steps: number | "";
  readonly batchSize: number | "";
  readonly alpha: number | "";
  readonly stepSize: number | "";
  readonly evaluateImages: number | "";
  readonly threshold: number | "";
  readonly seed: number | "";
  readonly backend: string;
  readonly weight: number | "";
  readonly name: string;
}

/** Fields that a preset decides. */
export const presetFields = [
  "canvasSource",
  "canvases",
  "seeds",
  "steps",
  "batchSize",
  "alpha",
  "stepSize",
] as const;

export function presetValues(
  defaults: SearchDefaults,
  preset: PresetName,
): Pick<JobForm, (typeof presetFields)[number]> {
  const { canvasSource, canvases, seeds, steps, batchSize, alpha, stepSize } =
    defaults.presets[preset];
  return { canvasSource, canvases, seeds, steps, batchSize, alpha, stepSize };
}

export const firstForm = (
  defaults: SearchDefaults,
  chosen: {
    readonly model?: string | undefined;
    readonly dataset?: string | undefined;
  },
): JobForm => ({
  model: chosen.model ?? "",
  dataset: chosen.dataset ?? "",
  classes: "all",
  preset: "default",
  ...presetValues(defaults, "default"),
  evaluateImages: defaults.evaluateImages,
  threshold: defaults.threshold,
  seed: 0,
  backend: "auto",
  weight: 1,
  name: "",
});

/** @param parameters of a search that is to be repeated */
export function repeatedForm(
  first: JobForm,
  parameters: Readonly<Record<string, unknown>>,
): JobForm {
  const settings = (parameters.settings ?? {}) as Readonly<
    Record<string, unknown>
  >;
  const known = { ...settings, ...parameters };
  const copied = Object.fromEntries(
    Object.keys(first).flatMap((name) => {
      const value = known[name];
      return typeof value === "number" || typeof value === "string"
        ? [[name, value]]
        : [];
    }),
  );
  return { ...first, ...copied };
}

/** @returns what is wrong, by field */
export function problemsOf(
  form: JobForm,
  defaults: SearchDefaults,
): Partial<Record<keyof JobForm, string>> {
  const problems: Partial<Record<keyof JobForm, string>> = {};
  if (form.model === "") problems.model = "Choose a model.";
  if (form.dataset === "") problems.dataset = "Choose a data set.";
  if (
    !/^(all|\d+(-\d+)?(,\d+(-\d+)?)*)$/.test(form.classes.replaceAll(" ", ""))
  )
    problems.classes =
      "all, or numbers and ranges such as 0,3-5, are expected.";
  for (const [field, bound] of Object.entries(defaults.bounds)) {
    const { smallest, largest } = bound;
    const value = form[field as keyof typeof defaults.bounds];
    if (value === "" || value < smallest || value > largest)
      problems[field as keyof JobForm] =
        `A number from ${smallest} to ${largest} is expected.`;
  }
  if (form.evaluateImages === "" || form.evaluateImages < 1)
    problems.evaluateImages = "At least one image is needed.";
  if (form.threshold === "" || form.threshold < 0 || form.threshold > 1)
    problems.threshold = "A share from 0 to 1 is expected.";
  if (form.seed === "" || form.seed < 0)
    problems.seed = "A number from 0 on is expected.";
  if (form.weight === "" || form.weight < 1 || form.weight > 1000)
    problems.weight = "A number from 1 to 1000 is expected.";
  return problems;
}

/** @param form without problems */
export function requestOf(form: JobForm): JobRequest {
  const number = (value: number | "") => Number(value);
  return {
    kind: "search",
    model: form.model,
    dataset: form.dataset,
    classes: form.classes.replaceAll(" ", ""),
    preset: form.preset,
    canvasSource: form.canvasSource,
    canvases: number(form.canvases),
    seeds: number(form.seeds),
    steps: number(form.steps),
    batchSize: number(form.batchSize),
    alpha: number(form.alpha),
    stepSize: number(form.stepSize),
    evaluateImages: number(form.evaluateImages),
    threshold: number(form.threshold),
    seed: number(form.seed),
    backend: form.backend,
    weight: number(form.weight),
    ...(form.name.trim() !== "" && { name: form.name.trim() }),
  };
}

/** A refusal that names a field only in its words. @example "canvasIndex: 5; class 0 has …" */
export function fieldIn(detail: string): keyof JobForm | null {
  const name = /^([a-zA-Z]+): /.exec(detail)?.[1];
  const known = /^There is no model/.test(detail)
    ? "model"
    : /^There is no data set/.test(detail)
      ? "dataset"
      : name;
  const fields: readonly string[] = [
    ...presetFields,
    "model",
    "dataset",
    "classes",
    "evaluateImages",
    "threshold",
    "seed",
    "backend",
    "weight",
    "name",
  ];
  return known !== undefined && fields.includes(known)
    ? (known as keyof JobForm)
    : null;
}
