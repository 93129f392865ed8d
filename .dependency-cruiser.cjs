// The import rules of ARCHITECTURE.md. Folders under gpu-node/src may import only what is listed for them.
const source = "^gpu-node/src/";
const folder = (name) => `${source}${name}/`;

/** From a folder to the folders of gpu-node/src that it may import, itself included. */
const allowed = {
  engine: ["engine"],
  data: ["data"],
  classifier: ["classifier", "data", "engine"],
  search: ["search", "classifier", "data", "engine"],
  attacks: ["attacks", "classifier", "data", "engine"],
  training: ["training", "attacks", "classifier", "data", "engine"],
  evaluation: ["evaluation", "attacks", "classifier", "data", "engine"],
  audit: [
    "audit",
    "training",
    "search",
    "evaluation",
    "classifier",
    "data",
    "engine",
  ],
  report: ["report", "audit", "evaluation"],
  shards: [
    "shards",
    "report",
    "audit",
    "search",
    "training",
    "attacks",
    "evaluation",
    "classifier",
    "data",
    "engine",
  ],
  cluster: ["cluster", "shards", "engine"],
  local: [
    "local",
    "shards",
    "report",
    "audit",
    "search",
    "training",
    "evaluation",
    "attacks",
    "classifier",
    "data",
    "engine",
  ],
  commands: [
    "commands",
    "cluster",
    "shards",
    "local",
    "report",
    "audit",
    "search",
    "training",
    "evaluation",
    "attacks",
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

/** The control plane: edges, then domain folders, then database and storage; which folder may import which. */
const controlPlane = "^control-plane/src/";
const allowedInControlPlane = {
  shards: ["shards"],
  background: ["background"],
  database: ["database"],
  storage: ["storage", "database"],
  progress: ["progress", "database"],
  "audit-log": ["audit-log", "database"],
  auth: ["auth", "audit-log", "database"],
  results: ["results", "shards", "progress", "database"],
  leases: ["leases", "shards", "results", "progress", "background", "database"],
  nodes: ["nodes", "auth", "audit-log", "progress", "database"],
  jobs: [
    "jobs",
    "leases",
    "shards",
    "results",
    "progress",
    "audit-log",
    "auth",
    "storage",
    "database",
  ],
  datasets: [
    "datasets",
    "jobs",
    "shards",
    "progress",
    "audit-log",
    "auth",
    "storage",
    "database",
  ],
  models: [
    "models",
    "datasets",
    "jobs",
    "shards",
    "progress",
    "background",
    "audit-log",
    "auth",
    "storage",
    "database",
  ],
  collections: ["collections", "models", "reports", "database"],
  thumbnails: ["thumbnails", "storage", "database"],
  rest: [
    "rest",
    "pages",
    "collections",
    "reports",
    "thumbnails",
    "shards",
    "models",
    "datasets",
    "jobs",
    "nodes",
    "progress",
    "audit-log",
    "auth",
    "storage",
    "database",
  ],
  rpc: ["rpc", "leases", "nodes", "shards", "auth", "storage", "database"],
  health: ["health", "database"],
  metrics: ["metrics", "database"],
  launcher: ["launcher"],
  reports: ["reports", "launcher", "jobs", "storage", "database"],
  pages: ["pages"],
  logging: ["logging"],
  configuration: ["configuration"],
  commands: ["commands", "launcher", "auth", "database"],
};

/** The dashboard: routes put views together, views know the API, live events and the parts that all of them share. */
const dashboard = "^dashboard/src/";
const allowedInDashboard = {
  api: ["api"],
  live: ["live", "api"],
  ui: ["ui", "live", "api"],
  features: ["features", "ui", "live", "api"],
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
        `${controlPlane}(control-plane-error\\.ts$|configuration/)`,
        `${source}motif-error\\.ts$`,
        // What starts the control plane puts all of it together.
        ...(name === "commands" ? [`${controlPlane}main\\.ts$`] : []),
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
      from: {
        path: "^(gpu-node|control-plane|dashboard)/src",
        pathNot: isTest,
      },
      to: {
        dependencyTypes: [
          "npm-no-pkg",
          "npm-unknown",
          "unknown",
          "undetermined",
        ],
        // Workspaces of ours are linked, and so resolve to their place here.
        pathNot: ["^node:", "^(prisma|proto)/index\\.ts$"],
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
      from: { pathNot: [isTest, "^test/"] },
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
    {
      name: "only-database-imports-prisma",
      severity: "error",
      from: {
        path: controlPlane,
        pathNot: [`${controlPlane}database/`, isTest],
      },
      to: { path: "^prisma/" },
    },
    {
      name: "wire-types-stop-at-the-edge",
      severity: "error",
      from: {
        path: ["^control-plane/src/", "^gpu-node/src/"],
        pathNot: ["^control-plane/src/rpc/", "^gpu-node/src/cluster/", isTest],
      },
      to: { path: "^proto/" },
    },
    {
      name: "apps-do-not-import-each-other",
      severity: "error",
      from: { path: "^(control-plane|gpu-node|dashboard)/" },
      to: { path: "^(control-plane|gpu-node|dashboard)/", pathNot: "^$1/" },
    },
    ...layered(dashboard, allowedInDashboard),
    ...layered(controlPlane, allowedInControlPlane),
    ...layered(source, allowed),
    ...layered(folder("engine"), allowedInEngine),
  ],
  options: {
    doNotFollow: { path: ["node_modules", "/generated/"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".tsx", ".js", ".mjs", ".css"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
    },
  },
};
