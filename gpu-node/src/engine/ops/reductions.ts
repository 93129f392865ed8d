import type { OpRules } from "./rule.ts";
export const reductions = {} as unknown as Required<OpRules>; // placeholder
