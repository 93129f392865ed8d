/** `npm run bench -- WHAT`: the measurements that there are, a file each. */
const benchmarks: Readonly<Record<string, string>> = {
  search: "steps and image gradients a second of the packed search loop",
  settings: "smoothness, connected area and k* of several results' patterns",
  training: "milliseconds of a training step",
  audit: "verdicts about a collection of clean and poisoned models",
  spread: "one training over several nodes: accuracy, time, killed nodes",
  leases: "the lease operations alone: shards a second, dispatch, cancelling",
  dashboard: "first paint, script, frames while scrolling 20,000 patterns",
  cluster: "what leases cost: shards a second, latency, fairness, memory",
};

const what = process.argv[2] ?? "";
if (!Object.hasOwn(benchmarks, what)) {
  const lines = Object.entries(benchmarks).map(
    ([name, meaning]) => `  npm run bench -- ${name.padEnd(9)} ${meaning}\n`,
  );
  process.stderr.write(`bench: say what to measure:\n${lines.join("")}`);
  process.exit(2);
}
await import(`./${what}.ts`);
