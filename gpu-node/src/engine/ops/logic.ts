import type { OpRules } from "./rule.ts";
export const logic = {} as unknown as Required<OpRules>; // placeholder
