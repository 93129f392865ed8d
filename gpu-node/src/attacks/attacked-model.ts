/**
 * Attacks as conversations: an attack of one image asks about a point, learns what the model says of it, and asks on until it
 * has its result. Who runs them puts the questions of many images into one batch, and another image in the place of one that
 * is done, so that a hard image holds up no others and its result does not depend on them.
 */

export interface Question {
  /** float32 [C, H, W] in [0,1]; it may be written over once the answer is there. */
  readonly point: Float32Array;
  /** The class that it is to be taken for, where the loss asks for one. */
  readonly target?: number;
}

export interface Scores {
  /** float32 [K]. */
  readonly logits: Float32Array;
}

export interface ScoresAndGradient extends Scores {
  /** What the attack raises. */
  readonly loss: number;
  /** ∂loss/∂point, float32 [C, H, W]. */
  readonly gradient: Float32Array;
}

/** @returns the perturbed image */
export type ImageAttack<Answer> = Generator<Question, Float32Array, Answer>;

/** A compiled model that answers up to `batchSize` questions at once. One call at a time. */
export interface AttackedModel<Answer> {
  readonly batchSize: number;
  /** @throws MotifError "diverged" when an answer is not a number */
  ask(
    questions: readonly (Question & { readonly label: number })[],
  ): Promise<Answer[]>;
}

/** An image under attack, and its own class. */
export interface Subject {
  /** float32 [C, H, W] in [0,1]. */
  readonly image: Float32Array;
  readonly label: number;
}

export interface Perturbed<S extends Subject> {
  readonly subject: S;
  /** float32 [C, H, W] in [0,1]. */
  readonly point: Float32Array;
}

/**
 * Attacks images, `model.batchSize` at a time.
 * @param begin starts the attack of one image
 * @returns each image's result as soon as it is there, hence not in the order of `subjects`
 */
export async function* attackImages<S extends Subject, Answer>(
  model: AttackedModel<Answer>,
  subjects: AsyncIterable<S>,
  begin: (subject: S) => ImageAttack<Answer>,
  signal?: AbortSignal,
): AsyncGenerator<Perturbed<S>> {
  const waiting = subjects[Symbol.asyncIterator]();
  let running: Conversation<S, Answer>[] = [];
  let isExhausted = false;
  for (;;) {
    while (!isExhausted && running.length < model.batchSize) {
      const next = await waiting.next();
      if (next.done === true) {
        isExhausted = true;
        break;
      }
      const attack = begin(next.value);
      const first = attack.next();
      if (first.done === true)
        yield { subject: next.value, point: first.value };
      else running.push({ subject: next.value, attack, question: first.value });
    }
    if (running.length === 0) return;
    signal?.throwIfAborted();
    const answers = await model.ask(
      running.map(({ subject: { label }, question }) => ({
        ...question,
        label,
      })),
    );
    const going: Conversation<S, Answer>[] = [];
    for (const [index, { subject, attack }] of running.entries()) {
      const next = attack.next(answers[index]);
      if (next.done === true) yield { subject, point: next.value };
      else going.push({ subject, attack, question: next.value });
    }
    running = going;
  }
}

interface Conversation<S, Answer> {
  readonly subject: S;
  readonly attack: ImageAttack<Answer>;
  readonly question: Question;
}
