import type { OpRules } from "./rule.ts";
export const resize = {} as unknown as Required<OpRules>; // placeholder
