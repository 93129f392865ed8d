import type { OpRules } from "./rule.ts";
export const unary = {} as unknown as Required<OpRules>; // placeholder
