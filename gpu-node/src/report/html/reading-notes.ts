/** What the figures mean and what they do not say; the same words on every page. */
import { percent } from "./format.ts";
import { html, type Markup } from "./markup.ts";

/** @param threshold the power that k* asks for */
export function readingNotes(threshold: number): Markup {
  return html`<section id="reading" aria-labelledby="reading-title">
    <h2 id="reading-title">How to read this</h2>
    <dl class="terms">
      <div>
        <dt>Predictive power</dt>
        <dd>
          The share of images of other classes that the model takes for this
          class once the pattern’s pixels are pasted on, hard. Measured on
          images that the search never saw, with 95% Wilson intervals.
        </dd>
      </div>
      <div>
        <dt>Base rate</dt>
        <dd>The share that it takes for this class without the pattern.</dd>
      </div>
      <div>
        <dt>k*</dt>
        <dd>
          The smallest measured number of pixels whose power reaches
          ${percent(threshold)}; ∞ if none does.
        </dd>
      </div>
      <div>
        <dt>One run is one sample</dt>
        <dd>
          Other canvases and seeds give other pixels of similar power. The best
          of several is shown, so its power leans high.
        </dd>
      </div>
      <div>
        <dt>Every model has such patterns</dt>
        <dd>
          Models without a backdoor too. A pattern alone is no proof of one, and
          a page without an outlier is no proof of none.
        </dd>
      </div>
    </dl>
  </section>`;
}
