/** What an audit says of a model, by a word and a sign. */
import { SignBadge } from "../../ui/sign-badge.tsx";
import { verdictLooks, type VerdictName } from "./audit-words.ts";

export const VerdictBadge = ({
  verdict,
}: {
  readonly verdict: VerdictName;
}) => <SignBadge {...verdictLooks[verdict]} word={verdict} />;
