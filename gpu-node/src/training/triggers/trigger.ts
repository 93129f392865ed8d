/** What every kind of trigger is. */
import type { Random } from "../../data/index.ts";

export interface Trigger {
  readonly description: string;
  /** The pixels it changes, or null where it changes all. */
  readonly box: TriggerBox | null;
  /** Puts it on the image that begins at `offset`: uint8 [C, H, W], in place. */
  apply(pixels: Uint8Array, offset: number): void;
  /** A random relative of it, in place, which a model should not take for it; absent where the kind has none. */
  applyNoised?(pixels: Uint8Array, offset: number, random: Random): void;
}

export interface TriggerBox {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Channels, height, width. */
export type ImageShape = readonly [number, number, number];
