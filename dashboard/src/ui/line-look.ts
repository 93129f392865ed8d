/** How lines over each other are told apart: by dash as well as by colour. */

/** Okabe and Ito's colours, which colour-blind readers tell apart, in an order of strong contrast. */
const colors = [
  "#0072B2",
  "#D55E00",
  "#009E73",
  "#CC79A7",
  "#E69F00",
  "#56B4E9",
  "#8a7a00",
  "#7a7a7a",
] as const;
const dashes = [
  "0",
  "7 4",
  "2 3",
  "10 3 2 3",
  "0",
  "7 4",
  "2 3",
  "10 3 2 3",
] as const;

/** More lines than these look alike. */
export const mostLines = colors.length;

/** SVG's attributes of the `index`-th line. */
export const lineLook = (index: number) => ({
  stroke: colors[index % colors.length]!,
  strokeDasharray: dashes[index % dashes.length]!,
});
