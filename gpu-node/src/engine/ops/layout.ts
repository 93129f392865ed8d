import type { OpRules } from "./rule.ts";
export const layout = {} as unknown as Required<OpRules>; // placeholder
