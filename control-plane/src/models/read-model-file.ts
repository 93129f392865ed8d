/** A model and its manifest from a path on this machine. What the manifest means is for the node that checks it. */
import { readFile, stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { ControlPlaneError } from "../control-plane-error.ts";

/** ONNX itself ends there: protobuf messages cannot be longer. */
const largestModelBytes = 2 ** 31;
/** Every shard of a job carries its model's manifest. 1,000 class names take 30 kB. */
export const largestManifestBytes = 256 * 1024;

export type Manifest = Readonly<Record<string, unknown>>;

/** @throws ControlPlaneError "invalid" where there is no such .onnx file */
export async function checkModelFile(path: string): Promise<void> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new ControlPlaneError("invalid", `path: ${path}: ${why}`, { cause });
  };
  if (!isAbsolute(path))
    refuse("an absolute path on the control plane's machine is expected.");
  if (!/\.onnx$/i.test(path)) refuse("the name of a model ends in .onnx.");
  const facts = await stat(path).catch((cause: unknown) =>
    refuse(
      "there is no such file on the control plane's machine, or it may not look there. Check the path, or upload the model.",
      cause,
    ),
  );
  if (!facts.isFile()) refuse("it is no file. Name the .onnx file itself.");
  if (facts.size > largestModelBytes)
    refuse(
      `${facts.size} bytes, more than an ONNX file can have (2 GiB). Is it a model?`,
    );
}

/** The .json beside the model. @returns undefined where there is none @throws ControlPlaneError "invalid" */
export async function readManifestBeside(
  modelPath: string,
): Promise<Manifest | undefined> {
  const path = modelPath.replace(/\.onnx$/i, ".json");
  let text: string;
  try {
    if ((await stat(path)).size > largestManifestBytes)
      throw new ControlPlaneError(
        "invalid",
        `${path}: a manifest has at most ${largestManifestBytes / 1024} KiB. Is it the right file?`,
      );
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof ControlPlaneError) throw cause;
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT")
      return undefined;
    throw new ControlPlaneError(
      "invalid",
      `${path}: the manifest cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`,
      { cause },
    );
  }
  try {
    // Some editors put a byte order mark in front.
    return requireManifest(JSON.parse(text.replace(/^\uFEFF/, "")), path);
  } catch (cause) {
    if (cause instanceof ControlPlaneError) throw cause;
    throw new ControlPlaneError(
      "invalid",
      `${path}: the manifest is not JSON (${(cause as Error).message}). Correct it.`,
      { cause },
    );
  }
}

/** @param place for the message @throws ControlPlaneError "invalid", "too-large" */
export function requireManifest(value: unknown, place: string): Manifest {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ControlPlaneError(
      "invalid",
      `${place}: a manifest is a JSON object.`,
    );
  if (Buffer.byteLength(JSON.stringify(value)) > largestManifestBytes)
    throw new ControlPlaneError(
      "too-large",
      `${place}: a manifest has at most ${largestManifestBytes / 1024} KiB.`,
    );
  return value as Manifest;
}
