/**
 * SwiftShader, a Vulkan driver in software, from the browser package that the end-to-end tests use: with it the WebGPU
 * provider computes on machines without a GPU.
 */
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, basename } from "node:path";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { extract } from "tar-stream";

/** Why SwiftShader cannot be used here; empty where it can. */
export const swiftshaderAbsent =
  process.platform === "linux" && process.arch === "x64"
    ? ""
    : `SwiftShader is bundled for linux x64 only, this is ${process.platform} ${process.arch}`;

/** Unpacks it once under node_modules/.cache. @returns the file that VK_DRIVER_FILES should name */
export async function unpackSwiftshader(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const root = entry.slice(0, entry.lastIndexOf("node_modules"));
  const folder = join(root, "node_modules", ".cache", "swiftshader");
  const driver = join(folder, "vk_swiftshader_icd.json");
  if (await stat(driver).catch(() => null)) return driver;
  const packed = await readFile(
    join(root, "node_modules/@sparticuz/chromium/bin/swiftshader.tar.br"),
  );
  // Unpacked beside its place and moved there whole: another test may be doing the same.
  const own = `${folder}.${process.pid}`;
  await mkdir(own, { recursive: true });
  const archive = extract();
  archive.end(await promisify(brotliDecompress)(packed));
  for await (const file of archive) {
    const parts: Buffer[] = [];
    for await (const part of file) parts.push(part as Buffer);
    if (file.header.type === "file")
      await writeFile(
        join(own, basename(file.header.name)),
        Buffer.concat(parts),
        { mode: 0o755 },
      );
  }
  await mkdir(dirname(folder), { recursive: true });
  try {
    await rename(own, folder);
  } catch (error) {
    await rm(own, { recursive: true });
    if (!(await stat(driver).catch(() => null))) throw error;
  }
  return driver;
}
