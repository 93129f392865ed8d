/** Numbers on the command line, refused with the option's name before any work starts. */
import { InvalidArgumentError } from "commander";

/** A whole number of at least `least`. */
export function wholeNumber(least = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(
        `a whole number from ${least} is expected.`,
      );
    }
    return value;
  };
}

/** A number from `low` to `high`. */
export function numberWithin(
  low: number,
  high: number,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= low && value <= high))
      throw new InvalidArgumentError(
        `a number from ${low} to ${high} is expected.`,
      );
    return value;
  };
}

/** A number above 0, at most `high`. */
export function positiveNumber(high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!(value > 0 && value <= high))
      throw new InvalidArgumentError(
        `a number above 0 and up to ${high} is expected.`,
      );
    return value;
  };
}
