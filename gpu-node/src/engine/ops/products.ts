import type { OpRules } from "./rule.ts";
export const products = {} as unknown as Required<OpRules>; // placeholder
