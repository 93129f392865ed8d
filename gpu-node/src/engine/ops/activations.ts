import type { OpRules } from "./rule.ts";
export const activations = {} as unknown as Required<OpRules>; // placeholder
