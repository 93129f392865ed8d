/** A labelled set of images, read by index: whatever the format, and however large. */
export interface Dataset {
  readonly name: string;
  /** In the order of class indices. */
  readonly classes: readonly string[];
  /** [C, H, W] of every image. */
  readonly imageShape: readonly [number, number, number];
  /** One an image. */
  readonly labels: Uint16Array;
  /** SHA-256 of the content, hexadecimal: the same however it is packed. */
  readonly digest: string;
  /** Reads images, in the order asked, into `into`: uint8 [n, C, H, W]. */
  read(indices: ArrayLike<number>, into: Uint8Array): Promise<void>;
  /** Frees what it holds; a scratch file goes with it. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** [C, H, W] that the model takes: images are brought to it. */
  readonly imageShape: readonly [number, number, number];
  /** Of the model, where known: a label beyond its classes is refused with its image. */
  readonly numClasses?: number;
  /** Which split of a data set that has several; else test, val, train in this order. */
  readonly split?: string;
  readonly signal?: AbortSignal;
  /** Images read so far, and of how many. */
  readonly onProgress?: (done: number, total: number | null) => void;
  /**
   * Folder where decoded images are kept for the next run; any number of processes may share it. Absent: they go to the
   * system's folder for temporary files and are gone with the process.
   */
  readonly cacheDir?: string;
}
