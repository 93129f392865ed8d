import { defineConfig } from "vitest/config";

/** Tests of whole clusters: what they hold is timed in seconds, so they run one after another and with nothing beside them. */
const clusters = [
  "test/faults/**/*.test.ts",
  "test/harness/cluster.test.ts",
  "test/end-to-end/{clean-models,cluster,security,up}.test.ts",
  "test/browser/{audits,dashboard,evaluation,live-job,login,training}.test.ts",
];

export default defineConfig({
  test: {
    globalSetup: "test/harness/postgres-for-all.ts",
    testTimeout: 180_000,
    // What is waited for comes within moments, unless the machine is busy.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: {
          name: "parts",
          include: [
            "{gpu-node,control-plane,dashboard}/src/**/*.test.ts",
            "prisma/*.test.ts",
            "test/**/*.test.ts",
          ],
          exclude: clusters,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "clusters",
          include: clusters,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
