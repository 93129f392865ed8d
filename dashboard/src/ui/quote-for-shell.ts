/** A word of a command line, in quotes where a shell would read it otherwise. Pure. @example "'it'\\''s'" */
export const quoteForShell = (text: string): string =>
  /^[\w./:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
