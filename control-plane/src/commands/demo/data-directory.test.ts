import { chmod, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findDataDirectory } from "./data-directory.ts";

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "motif-demo-data-"));
  folder = join(parent, "demo");
  await mkdir(folder);
});
afterEach(() => rm(parent, { recursive: true, force: true }));

it("is in the demo's folder where everybody can get there", async () => {
  await chmod(parent, 0o755);
  await chmod(folder, 0o755);
  expect(await findDataDirectory(folder)).toBe(join(folder, "data"));
});

it.runIf(process.getuid?.() === 0)(
  "is elsewhere, the same every time, where only root can get there",
  async () => {
    await chmod(parent, 0o700);
    const found = await findDataDirectory(folder);
    try {
      expect(found).toMatch(/^\/var\/tmp\/motif-demo-[0-9a-f]{12}$/);
      expect((await stat(found)).mode & 0o777).toBe(0o711);
      expect(await findDataDirectory(folder)).toBe(found);
    } finally {
      await rm(found, { recursive: true });
    }
  },
);

it.runIf(process.getuid?.() !== 0)(
  "is in the demo's folder for everybody but root, who runs PostgreSQL as themselves",
  async () => {
    await chmod(parent, 0o700);
    expect(await findDataDirectory(folder)).toBe(join(folder, "data"));
  },
);
