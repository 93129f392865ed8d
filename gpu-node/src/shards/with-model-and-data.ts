/** Borrows what a shard of one model and one data set works on, and gives it back whatever comes of the work. */
import type { OpenData, OpenInputs, OpenModel } from "./open-inputs.ts";
import type { ShardContext } from "./shard-context.ts";
import type { DatasetFiles, ModelFiles } from "./shard-work.ts";

/** @throws as OpenInputs and `use` do */
export async function withModelAndData<Outcome>(
  work: { readonly model: ModelFiles; readonly dataset: DatasetFiles },
  context: ShardContext,
  inputs: OpenInputs,
  use: (model: OpenModel, data: OpenData) => Promise<Outcome>,
): Promise<Outcome> {
  const { signal } = context;
  const model = await inputs.model(work.model, signal, () => context.now());
  try {
    const { classifier } = model.value;
    const data = await inputs.data(work.dataset, classifier, signal);
    try {
      return await use(model.value, data.value);
    } finally {
      await data.release();
    }
  } finally {
    await model.release();
  }
}
