import type { OpRules } from "./rule.ts";
export const indexing = {} as unknown as Required<OpRules>; // placeholder
