/** What tools beside this package may use of it. */
export { openClassifier, type Classifier } from "./classifier/classifier.ts";
export { openBackend } from "./commands/open-backend.ts";
export { openDataset, type Dataset } from "./data/index.ts";
export { printGraph, type Backend, type Executable } from "./engine/index.ts";
export { measurePower } from "./evaluation/measure-power.ts";
export { predictImages } from "./evaluation/clean-accuracy.ts";
export { compilePredictor } from "./evaluation/predict.ts";
export { rankPixels } from "./evaluation/power-curve.ts";
export { buildStepGraph } from "./search/step-graph.ts";
export { newBatchOrder } from "./search/batch-order.ts";
export { openImageSource } from "./search/image-source.ts";
export { runSearches, type Search } from "./search/run-searches.ts";
export { emptyTrace } from "./search/search-trace.ts";
export { presets } from "./search/settings.ts";
