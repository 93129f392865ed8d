import { describe, expect, it } from "vitest";
import { html, Markup } from "./markup.ts";

describe("html", () => {
  it("escapes whatever could end a text or an attribute", () => {
    const hostile = `<script>"'\`&</script>`;
    expect(html`<p title="${hostile}">${hostile}</p>`.text).toBe(
      '<p title="&lt;script&gt;&quot;&#39;&#96;&amp;&lt;/script&gt;">&lt;script&gt;&quot;&#39;&#96;&amp;&lt;/script&gt;</p>',
    );
  });

  it("leaves markup as it is, alone and in lists, and lists' texts escaped", () => {
    const item = html`<b>1</b>`;
    expect(html`${[item, "<", [item]]}`.text).toBe("<b>1</b>&lt;<b>1</b>");
    expect(html`${new Markup("<hr>")}`.text).toBe("<hr>");
  });

  it("writes zero, and nothing for null, undefined and false", () => {
    expect(html`[${0}${null}${undefined}${false}]`.text).toBe("[0]");
  });

  it("drops its own indentation and keeps the line breaks of what is put in", () => {
    const given = "a\n    b";
    const pieces = ["<p>\n      ", "\n    </p>"];
    const template = Object.assign(pieces, { raw: pieces });
    expect(html(template, given).text).toBe("<p>\na\n    b\n</p>");
  });
});
