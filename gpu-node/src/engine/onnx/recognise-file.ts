/** Says what a file is that was given for an ONNX model and is none. */
import { MotifError } from "../../motif-error.ts";

const exportHint =
  "Export the model as ONNX with torch.onnx.export (PyTorch) or tf2onnx (Keras).";

/** Beginnings of files that are mistaken for models; latin-1 text stands for bytes. */
const beginnings: readonly (readonly [start: string, what: string])[] = [
  [
    "PK\x03\x04",
    `a ZIP archive (a PyTorch .pth or .pt, or a Keras .keras file). ${exportHint}`,
  ],
  [
    "\x80\x02",
    `a Python pickle (a PyTorch .pth file), which is never opened: it could run code. ${exportHint}`,
  ],
  [
    "\x80\x03",
    `a Python pickle, which is never opened: it could run code. ${exportHint}`,
  ],
  [
    "\x80\x04",
    `a Python pickle, which is never opened: it could run code. ${exportHint}`,
  ],
  [
    "\x80\x05",
    `a Python pickle, which is never opened: it could run code. ${exportHint}`,
  ],
  ["\x89HDF", `an HDF5 file (Keras .h5). ${exportHint}`],
  ["\x1f\x8b", "a gzip file. Unpack it first."],
  [
    "version https://git-lfs",
    "a Git LFS pointer, not the model itself. Fetch it with git lfs pull.",
  ],
  [
    "<",
    "a web page or XML file: the download failed or asked for a login. Download the model again.",
  ],
  ["{", "a JSON file. Give the .onnx file, not its manifest."],
];

/** @throws MotifError "model" when `bytes` are empty, too many, or plainly something else than ONNX */
export function refuseOtherFiles(
  bytes: Uint8Array,
  name: string,
  mostBytes: number,
): void {
  if (bytes.length === 0)
    throw new MotifError(
      "model",
      `${name}: the file is empty. Copy or export it again.`,
    );
  if (bytes.length > mostBytes) {
    const size = `${(bytes.length / 2 ** 20).toFixed(0)} MiB`;
    throw new MotifError(
      "model",
      `${name}: the file has ${size}, more than the limit of ${(mostBytes / 2 ** 20).toFixed(0)} MiB`,
    );
  }
  const start = String.fromCharCode(...bytes.subarray(0, 64)).replace(
    /^(?:\xef\xbb\xbf)?[ \t\r\n]+(?=<)/,
    "",
  );
  for (const [beginning, what] of beginnings) {
    if (start.startsWith(beginning))
      throw new MotifError(
        "model",
        `${name}: this is not an ONNX model but ${what}`,
      );
  }
  if (start.slice(4, 8) === "TFL3") {
    throw new MotifError(
      "model",
      `${name}: this is not an ONNX model but a TensorFlow Lite model. ${exportHint}`,
    );
  }
}
