/** What a gallery shows, in words: the line beneath a picture's title. Pure. */
import { formatCount, formatShare } from "../../../ui/format.ts";
import type { Backdrop } from "../backdrop.ts";
import type { ChosenK } from "../chosen-k.ts";
import type { SortKey } from "../order-classes.ts";
import { kinds, type PictureKind } from "../sheet.ts";

export interface GalleryChoices {
  readonly kind: PictureKind;
  readonly chosen: ChosenK;
  readonly ks: readonly number[];
  readonly fractions: readonly number[];
  readonly sort: SortKey;
  /** What classes are filtered by; empty where all are shown. */
  readonly filter: string;
  readonly backdrop: Pick<Backdrop, "label"> | null;
}

const orders: Readonly<Record<SortKey, string>> = {
  class: "by class",
  power: "by predictive power",
  kStar: "by k*, smallest first",
};

export function wordsOfView({
  kind,
  chosen,
  ks,
  fractions,
  sort,
  filter,
  backdrop,
}: GalleryChoices): string {
  const size =
    chosen === "star"
      ? "each at its own k*"
      : `${formatCount(ks[chosen] ?? 0)} pixels, ${formatShare(fractions[chosen] ?? 0, 2)} of the image`;
  return [
    kind === "pasted" && backdrop
      ? `${kinds.pasted} on ${backdrop.label}`
      : kinds[kind],
    size,
    orders[sort],
    ...(filter === "" ? [] : [`classes with “${filter}”`]),
  ].join(" · ");
}
