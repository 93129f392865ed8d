/** ONNX Runtime's native library, loaded when it is first needed: on a machine where it does not load, others do. */
import { createRequire } from "node:module";
import type * as Ort from "onnxruntime-node";
import { MotifError } from "../../../motif-error.ts";

type OnnxRuntime = typeof Ort;

/** @throws MotifError "backend" when the library does not load on this machine */
export function loadOnnxRuntime(): OnnxRuntime {
  try {
    return createRequire(import.meta.url)("onnxruntime-node") as OnnxRuntime;
  } catch (error) {
    const [reason] = (error as Error).message.split("\n");
    throw new MotifError(
      "backend",
      `ONNX Runtime does not load on ${process.platform} ${process.arch}: ${reason}. Install again with npm ci, or use --backend tfjs.`,
      { cause: error },
    );
  }
}
