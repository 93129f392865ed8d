/** A labelled set of images, read by index: whatever the format, and however large. */
export interface Dataset {
  readonly name: string;
  /** In the order of class indices. */
  readonly classes: readonly string[];
  /** [C, H, W] of every image. */
  readonly imageShape: readonly [number, number, number];
  /** One an image. */
  readonly labels: Uint16Array;
  /** SHA-256 of the content, hexadecimal. */
  readonly digest: string;
  /** Reads images, in the order asked, into `into`: uint8 [n, C, H, W]. */
  read(indices: ArrayLike<number>, into: Uint8Array): Promise<void>;
  /** Frees what it holds and removes its scratch file. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** [C, H, W] that the model takes: images are brought to it. */
  readonly imageShape: readonly [number, number, number];
  /** Which split of a data set that has several; else test, val, train in this order. */
  readonly split?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number | null) => void;
  /** Folder for the decoded images; the system's for temporary files where absent. */
  readonly cacheDir?: string;
}
