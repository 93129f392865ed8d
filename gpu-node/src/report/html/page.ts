/** The frame of every page: one file with its style, its script and a policy that lets nothing else in. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { html, Markup } from "./markup.ts";

const asset = (name: string): string =>
  readFileSync(new URL(`assets/${name}`, import.meta.url), "utf8");

/** Three by three pixels, the sign of Motif. */
const sign = [0b010, 0b111, 0b001];

export interface Page {
  readonly title: string;
  /** Where "skip to" leads: the id of the main part. */
  readonly start: { readonly id: string; readonly label: string };
  /** Whether pictures are grey: their patterns then need a clearer outline. */
  readonly isGrey: boolean;
  readonly main: Markup;
  readonly footer: Markup;
}

/** A whole page; works from a file, without network and without script. */
export function renderPage({
  title,
  start,
  isGrey,
  main,
  footer,
}: Page): string {
  const style = asset("page.css");
  const script = asset("page.js");
  const scriptHash = createHash("sha256").update(script).digest("base64");
  const policy = [
    "default-src 'none'",
    "img-src data: file: 'self'",
    "style-src 'unsafe-inline'",
    `script-src 'sha256-${scriptHash}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="generator" content="Motif" />
        <link rel="icon" href="${icon()}" />
        <title>${title}</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body class="${isGrey && "grey"}">
        <a class="skip" href="#${start.id}">${start.label}</a>
        <header class="top">
          <span class="wordmark">${signSvg()}Motif</span>
          ${themeSwitch()}
        </header>
        ${main} ${footer} ${new Markup(`<script>${script}</script>`)}
      </body>
    </html>`.text;
}

function themeSwitch(): Markup {
  const themes = ["auto", "light", "dark"] as const;
  return html`<fieldset class="segments theme">
    <legend class="unseen">Colours</legend>
    ${themes.map(
      (theme) =>
        html`<label
          ><input
            type="radio"
            name="theme"
            value="${theme}"
            ${theme === "auto" && html`checked`}
          /><span>${theme[0].toUpperCase() + theme.slice(1)}</span></label
        >`,
    )}
  </fieldset>`;
}

function signPath(): string {
  return sign
    .flatMap((row, y) =>
      [0, 1, 2]
        .filter((x) => (row >> (2 - x)) & 1)
        .map((x) => `M${x} ${y}h1v1h-1z`),
    )
    .join("");
}

function signSvg(): Markup {
  return html`<svg viewBox="0 0 3 3" aria-hidden="true">
    <path d="${signPath()}" />
  </svg>`;
}

function icon(): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 5 5"><path fill="#d9480f" d="${signPath()}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
