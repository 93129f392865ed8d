/** Everything that an audit asks about one kind of perturbation: anywhere, each class shortly, the strongest at length. */
import type { Classifier } from "../classifier/classifier.ts";
import type { Backend } from "../engine/index.ts";
import { rankPixels } from "../evaluation/power-curve.ts";
import type { Predictor } from "../evaluation/predict.ts";
import { askQuestions, type AskedModel } from "./ask-questions.ts";
import type {
  Answer,
  AnyOtherAnswer,
  Finding,
  FoundEvidence,
  ScreenedAnswer,
} from "./evidence.ts";
import { encodeFloats } from "./float-text.ts";
import {
  measureAnswer,
  type MeasuredAnswer,
  type TrialImages,
} from "./measure-answer.ts";
import type { Perturbation } from "./perturbations/perturbation.ts";
import { buildQuestionGraph } from "./question-graph.ts";
import type { Question, QuestionState } from "./question.ts";
import type { References } from "./references.ts";
import { chooseScreened, type Schedule } from "./schedule.ts";
import { comparedAnswers } from "./statistics.ts";
import {
  halfOfTheWay,
  meanLogStrength,
  strengthReaching,
} from "./strength-needed.ts";

/** What is open while a model is asked. */
export interface AskedSubject {
  readonly classifier: Classifier;
  readonly predictor: Predictor;
  readonly asked: AskedModel;
  readonly backend: Backend;
  /** The images that a screening is tried on, and those of finalists. */
  readonly trials: { readonly screen: TrialImages; readonly full: TrialImages };
  /** Images that share a forward pass. */
  readonly packImages: number;
  /** An image of the class, another one a seed: values 0…1, [C, H, W]. */
  readonly naturalCanvas: (
    targetClass: number | null,
    seed: number,
  ) => Promise<Float32Array>;
}

export interface AskAboutSettings {
  readonly seed: number;
  readonly seeds: number;
  readonly threshold: number;
  /** Where they are given, the strongest are those that need least beside what is usual. */
  readonly references?: References | undefined;
  /** What was found of the patch, by which canvases with given values choose their classes; others choose their own. */
  readonly patch?: FoundEvidence | undefined;
}

export interface AskAboutOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told how many image gradients were computed. */
  readonly onGradients?: (count: number) => void;
}

/** @throws as askQuestions and measureAnswer do */
export async function askAbout(
  perturbation: Perturbation,
  schedule: Schedule,
  subject: AskedSubject,
  settings: AskAboutSettings,
  options: AskAboutOptions,
): Promise<FoundEvidence> {
  const { seed, seeds, threshold } = settings;
  const { asked, trials } = subject;
  const { kind: name, unit } = perturbation;
  const question = (targetClass: number | null, each: number): Question => ({
    ...{ perturbation: name, targetClass, seed: each },
  });
  const ask = (
    questions: readonly Question[],
    effort: { readonly steps: number; readonly batchSize: number },
    images: TrialImages,
  ) => askAndMeasure(perturbation, questions, effort, images, subject, options);
  const summary = (answered: Answered): Answer =>
    summarize(answered, threshold);

  const anywhere = await ask(
    numbersFrom(seed, schedule.anyOther.questions).map((each) =>
      question(null, each),
    ),
    schedule.anyOther,
    trials.screen,
  );
  const anyOther = anywhere.map((answered): AnyOtherAnswer => {
    const { curve, baseRate } = answered.measured;
    const at = halfOfTheWay(curve, baseRate);
    return {
      ...summary(answered),
      targetClass: null,
      atStrength: perturbation.strengths[at],
      moves: movesOf(answered.measured.moves[at], asked.numClasses),
    };
  });

  const { patch } = settings;
  const screenedClasses = patch
    ? patch.screened.map(({ targetClass }) => targetClass)
    : chooseScreened(
        fallsOf(anywhere, asked.numClasses),
        schedule.screening.questions,
        seed,
      );
  const short = await ask(
    screenedClasses.map((each) => question(each, seed)),
    schedule.screening,
    trials.screen,
  );
  const screened = short.map((answered, i): ScreenedAnswer => ({
    ...summary(answered),
    targetClass: screenedClasses[i],
    maskL1: maskSizeOf(perturbation, answered.state),
  }));

  const compared = comparedAnswers(
    { perturbation: name, screened, finalists: [] },
    settings.references,
  )
    .sort((a, b) => a.score - b.score || a.targetClass - b.targetClass)
    .map(({ targetClass }) => targetClass);
  const chosen = [
    ...new Set([
      ...(patch?.finalists.map(({ targetClass }) => targetClass) ?? []),
      ...compared,
    ]),
  ].slice(0, schedule.finals.classes);
  const finals = chosen.flatMap((each) =>
    numbersFrom(seed, seeds).map((one) => question(each, one)),
  );
  const long = await ask(finals, schedule.finals, trials.full);
  const finalists = long.map((answered, i): Finding => {
    const targetClass = finals[i].targetClass!;
    const answer = summary(answered);
    return {
      ...answer,
      targetClass,
      bySource: sourcesOf(
        answered.measured,
        answer,
        targetClass,
        asked.numClasses,
      ),
      topPixels: topPixelsOf(perturbation, answered.state),
      maskL1: maskSizeOf(perturbation, answered.state),
    };
  });
  return {
    ...{ perturbation: name, unit, anyOther, screened, finalists },
    found: long.map(({ state }) => state.variables.map(encodeFloats)),
  };
}

interface Answered {
  readonly question: Question;
  readonly state: QuestionState;
  readonly measured: MeasuredAnswer;
  readonly imageGradients: number;
}

async function askAndMeasure(
  perturbation: Perturbation,
  questions: readonly Question[],
  { steps, batchSize }: { readonly steps: number; readonly batchSize: number },
  images: TrialImages,
  {
    classifier,
    predictor,
    asked,
    backend,
    packImages,
    naturalCanvas,
  }: AskedSubject,
  { signal, onGradients }: AskAboutOptions,
): Promise<Answered[]> {
  if (questions.length === 0) return [];
  const pack = Math.max(1, Math.floor(packImages / batchSize));
  const executable = await backend.compile(
    buildQuestionGraph(classifier, perturbation, { pack, batchSize }),
  );
  try {
    const answered: Answered[] = [];
    // A pack at a time: what is found for many classes is not held longer than it takes to measure it.
    for (let start = 0; start < questions.length; start += pack) {
      const together = questions.slice(start, start + pack);
      const beginning = together.map(async (question) => {
        const { targetClass, seed } = question;
        const natural = await naturalCanvas(targetClass, seed);
        const variables = perturbation.start(seed, natural);
        return { question, state: { step: 0, variables, crossEntropy: NaN } };
      });
      const states = await askQuestions(
        await Promise.all(beginning),
        asked,
        perturbation,
        executable,
        {
          ...{ pack, batchSize, steps },
          ...(signal && { signal }),
          onStep: (active) => onGradients?.(active * batchSize),
        },
      );
      for (const [i, state] of states.entries())
        answered.push({
          question: together[i],
          state,
          measured: await measureAnswer(
            predictor,
            images,
            together[i],
            perturbation,
            state.variables,
            signal && { signal },
          ),
          imageGradients: steps * batchSize,
        });
    }
    return answered;
  } finally {
    await executable.dispose();
  }
}

function summarize(
  { question, state, measured, imageGradients }: Answered,
  threshold: number,
): Answer {
  const { n, baseRate, curve } = measured;
  return {
    targetClass: question.targetClass,
    seed: question.seed,
    steps: state.step,
    imageGradients,
    crossEntropy: state.crossEntropy,
    ...{ n, baseRate, curve },
    logStrength: meanLogStrength(curve),
    strengthAtThreshold: strengthReaching(curve, threshold),
  };
}

const numbersFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => first + i);

/** By class, of [K, K]: where most of those of its images went that went anywhere else. */
function movesOf(
  moves: Int32Array,
  numClasses: number,
): AnyOtherAnswer["moves"] {
  return Array.from({ length: numClasses }, (_, from) => {
    const row = moves.subarray(from * numClasses, (from + 1) * numClasses);
    const all = row.reduce((sum, count) => sum + count, 0);
    let to = from === 0 ? 1 : 0;
    row.forEach((count, each) => {
      if (each !== from && count > row[to]) to = each;
    });
    return { from, to, share: all === 0 ? 0 : row[to] / all };
  });
}

/** Images that fell into each class that is not theirs, over all strengths and seeds. */
function fallsOf(answers: readonly Answered[], numClasses: number): number[] {
  const falls = new Array<number>(numClasses).fill(0);
  for (const { measured } of answers)
    for (const moves of measured.moves)
      moves.forEach((count, at) => {
        const to = at % numClasses;
        if (Math.floor(at / numClasses) !== to) falls[to] += count;
      });
  return falls;
}

function sourcesOf(
  { moves, curve }: MeasuredAnswer,
  { strengthAtThreshold }: Answer,
  targetClass: number,
  numClasses: number,
): Finding["bySource"] {
  const at =
    strengthAtThreshold === null
      ? curve.length - 1
      : curve.findIndex(({ strength }) => strength === strengthAtThreshold);
  return Array.from({ length: numClasses }, (_, sourceClass) => {
    const row = moves[at].subarray(
      sourceClass * numClasses,
      (sourceClass + 1) * numClasses,
    );
    const n = row.reduce((sum, count) => sum + count, 0);
    return { sourceClass, power: n === 0 ? 0 : row[targetClass] / n, n };
  }).filter(({ n }) => n > 0);
}

const maskOf = (perturbation: Perturbation, { variables }: QuestionState) =>
  variables[perturbation.variables.findIndex(({ name }) => name === "mask")];

function maskSizeOf(
  perturbation: Perturbation,
  state: QuestionState,
): number | null {
  const mask = maskOf(perturbation, state) as Float32Array | undefined;
  return mask?.reduce((sum, value) => sum + value, 0) ?? null;
}

/** As many as the greatest strength takes. */
function topPixelsOf(
  perturbation: Perturbation,
  state: QuestionState,
): number[] {
  const mask = maskOf(perturbation, state) as Float32Array | undefined;
  return mask
    ? [...rankPixels(mask).subarray(0, perturbation.strengths.at(-1))]
    : [];
}
