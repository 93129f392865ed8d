/** HTML from template literals: whatever is put in is escaped, unless it is markup already. */

/** A piece of HTML that is safe to put in as it is. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Content =
  string | number | Markup | null | undefined | false | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return "";
  if (content instanceof Markup) return content.text;
  if (typeof content === "object") return content.map(render).join("");
  return String(content).replace(
    /[&<>"'`]/g,
    (character) => entities[character] ?? "",
  );
}

/** Templates without the indentation of the source: a page repeats some of them thousands of times. */
const tightened = new WeakMap<TemplateStringsArray, readonly string[]>();

function tighten(pieces: TemplateStringsArray): readonly string[] {
  const known = tightened.get(pieces);
  if (known !== undefined) return known;
  const tight = pieces.map((piece) => piece.replace(/\s*\n\s*/g, "\n"));
  tightened.set(pieces, tight);
  return tight;
}

/**
 * Line breaks of the template, with the indentation around them, become one line break; what is put in keeps its own.
 * @example html`<h1 title="${name}">${name}</h1>`; attribute values must stand in double quotes
 */
export function html(
  pieces: TemplateStringsArray,
  ...contents: readonly Content[]
): Markup {
  return new Markup(
    tighten(pieces)
      .map((piece, i) => piece + render(contents[i]))
      .join(""),
  );
}
