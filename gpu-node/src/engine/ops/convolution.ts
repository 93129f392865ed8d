import type { OpRules } from "./rule.ts";
export const convolution = {} as unknown as Required<OpRules>; // placeholder
