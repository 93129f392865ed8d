import { describe, expect, it } from "vitest";
import { wordsOfView, type GalleryChoices } from "./words-of-view.ts";

const shown: GalleryChoices = {
  kind: "pattern",
  chosen: 1,
  ks: [7, 39, 1_200],
  fractions: [0.01, 0.05, 0.5],
  sort: "class",
  filter: "",
  backdrop: null,
};

describe("wordsOfView", () => {
  it("says view, size and order", () => {
    expect(wordsOfView(shown)).toBe(
      "Pattern · 39 pixels, 5.00% of the image · by class",
    );
  });

  it("says each pattern's own size, the filter, and what patterns are pasted on", () => {
    expect(
      wordsOfView({
        ...shown,
        ...{ kind: "pasted", chosen: "star", sort: "kStar", filter: "boot" },
        backdrop: { label: "an image of Bag" },
      }),
    ).toBe(
      "Pasted on an image of Bag · each at its own k* · by k*, smallest first · classes with “boot”",
    );
  });
});
