import type { OpRules } from "./rule.ts";
export const pooling = {} as unknown as Required<OpRules>; // placeholder
