import { EmptyState } from "../ui/states.tsx";

export default function NotFound() {
  return (
    <EmptyState title="There is no such page">
      The address may be mistyped, or belong to another version of Motif.
    </EmptyState>
  );
}
