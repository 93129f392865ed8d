import type { Metadata } from "next";
import { Suspense } from "react";
import { NodesView } from "../../features/nodes/nodes-view.tsx";
import { LoadingState } from "../../ui/states.tsx";

export const metadata: Metadata = { title: "Nodes" };

export default function Page() {
  return (
    <Suspense fallback={<LoadingState />}>
      <NodesView />
    </Suspense>
  );
}
