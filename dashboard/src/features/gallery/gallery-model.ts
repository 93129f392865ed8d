/** What stands in a gallery, and what of it is open. */
import type { Job } from "../../api/types.ts";
import type { ChosenK } from "./chosen-k.ts";
import type { PatternPlace, PatternRow } from "./pattern-rows.ts";

export interface GalleryModel {
  readonly job: Job;
  /** Of the model, or what tells these searches apart. */
  readonly title: string;
  readonly classNames: readonly string[];
}

/** Where a pattern stands in a gallery of several searches. */
export interface GalleryCell extends PatternPlace {
  /** Of those side by side. */
  readonly model: number;
}

export interface OpenPattern {
  readonly cell: GalleryCell;
  readonly model: GalleryModel;
  /** Undefined while it is not there. */
  readonly row: PatternRow | undefined;
  readonly ks: readonly number[];
  readonly chosen: ChosenK;
}
