/** Figures that stand out at the head of a page, and at its foot how it was made. */
import { html, type Content, type Markup } from "./markup.ts";

/** For a list of class "figures". @param more a few words below the value */
export function figure(
  label: string,
  value: string | Markup,
  more: string | Markup,
): Markup {
  return html`<div>
    <dt>${label}</dt>
    <dd><b>${value}</b> <span>${more}</span></dd>
  </div>`;
}

/** @param config shown as JSON @param more what stands below */
export function madeFooter(
  facts: readonly (readonly [string, string | Markup])[],
  config: unknown,
  more?: Content,
): Markup {
  return html`<footer>
    <h2>How it was made</h2>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    <details>
      <summary>Configuration</summary>
      <pre tabindex="0">${JSON.stringify(config, null, 2)}</pre>
    </details>
    ${more}
  </footer>`;
}
