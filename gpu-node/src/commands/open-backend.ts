/** `--backend` and `--threads` on the command line. */
import { availableParallelism } from "node:os";
import {
  onnxruntimeBackend,
  referenceBackend,
  type Backend,
} from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";

export const backendChoices = ["auto", "onnxruntime", "reference"] as const;
export type BackendChoice = (typeof backendChoices)[number];

/** @param threads the machine's cores where absent */
export function openBackend(
  choice: BackendChoice,
  threads = availableParallelism(),
): Backend {
  switch (choice) {
    case "auto":
    case "onnxruntime":
      return onnxruntimeBackend({ threads });
    case "reference":
      return referenceBackend();
    default:
      throw new MotifError(
        "usage",
        `--backend ${String(choice)}: one of ${backendChoices.join(", ")} is expected.`,
      );
  }
}
