import type { OpRules } from "./rule.ts";
export const softmax = {} as unknown as Required<OpRules>; // placeholder
