import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "{gpu-node,control-plane}/src/**/*.test.ts",
      "prisma/*.test.ts",
      "test/**/*.test.ts",
    ],
    globalSetup: "test/harness/postgres-for-all.ts",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
