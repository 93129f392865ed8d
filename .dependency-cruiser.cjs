// The import rules of ARCHITECTURE.md. Folders under gpu-node/src may import only what is listed for them.
const source = "^gpu-node/src/";
const folder = (name) => `${source}${name}/`;

/** From a folder to the folders of gpu-node/src that it may import, itself included. */
const allowed = {
  engine: ["engine"],
  data: ["data"],
  classifier: ["classifier", "data", "engine"],
  search: ["search", "classifier", "data", "engine"],
  training: ["training", "classifier", "data", "engine"],
  evaluation: ["evaluation", "classifier", "data", "engine"],
  report: ["report", "evaluation"],
  local: [
    "local",
    "report",
    "search",
    "training",
    "evaluation",
    "classifier",
    "data",
    "engine",
  ],
  commands: [
    "commands",
    "local",
    "report",
    "search",
    "training",
    "evaluation",
    "classifier",
    "data",
    "engine",
  ],
};

/** The same inside the engine. */
const allowedInEngine = {
  graph: ["graph"],
  ops: ["ops", "graph"],
  autodiff: ["autodiff", "ops", "graph"],
  passes: ["passes", "ops", "graph"],
  onnx: ["onnx", "ops", "graph"],
  backends: ["backends", "onnx", "passes", "ops", "graph"],
  selection: [
    "selection",
    "backends",
    "autodiff",
    "passes",
    "onnx",
    "ops",
    "graph",
  ],
};

const isTest = "\\.test\\.ts$|/check-[^/]+\\.ts$|/cases/";

const layered = (root, table) =>
  Object.entries(table).map(([name, reach]) => ({
    name: `${name}-imports-only-what-it-may`,
    comment: `${name} may import ${reach.join(", ")} (ARCHITECTURE.md, import rules)`,
    severity: "error",
    from: { path: `${root}${name}/`, pathNot: isTest },
    to: {
      path: root,
      pathNot: [
        ...reach.map((other) => `${root}${other}/`),
        `${source}motif-error\\.ts$`,
      ],
    },
  }));

module.exports = {
  forbidden: [
    {
      name: "no-circles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-unlisted-packages",
      comment: "declare it in the package.json of the workspace that uses it",
      severity: "error",
      from: { path: "^gpu-node/src", pathNot: isTest },
      to: {
        dependencyTypes: [
          "npm-no-pkg",
          "npm-unknown",
          "unknown",
          "undetermined",
        ],
        pathNot: "^node:",
      },
    },
    {
      name: "no-unresolved",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^@tensorflow/tfjs-node" },
    },
    {
      name: "tests-are-imported-by-tests-only",
      severity: "error",
      from: { pathNot: isTest },
      to: { path: isTest },
    },
    {
      name: "engine-through-its-index",
      severity: "error",
      from: { path: source, pathNot: [folder("engine"), isTest] },
      to: { path: folder("engine"), pathNot: "engine/index\\.ts$" },
    },
    {
      name: "data-through-its-index",
      severity: "error",
      from: { path: source, pathNot: [folder("data"), isTest] },
      to: { path: folder("data"), pathNot: "data/index\\.ts$" },
    },
    {
      name: "protobuf-stays-in-onnx",
      severity: "error",
      from: { path: source, pathNot: folder("engine/onnx") },
      to: { path: "@bufbuild/protobuf" },
    },
    {
      name: "backends-do-not-import-each-other",
      severity: "error",
      from: { path: `${folder("engine/backends")}([^/.]+)`, pathNot: isTest },
      to: {
        path: folder("engine/backends"),
        pathNot: [`${folder("engine/backends")}(backend|feeds|$1)`],
      },
    },
    ...layered(source, allowed),
    ...layered(folder("engine"), allowedInEngine),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".mjs"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
    },
  },
};
