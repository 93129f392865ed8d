import type { Metadata } from "next";
import { Suspense } from "react";
import { CompareView } from "../../features/compare/compare-view.tsx";
import { LoadingState } from "../../ui/states.tsx";

export const metadata: Metadata = { title: "Compare" };

export default function Page() {
  return (
    <Suspense fallback={<LoadingState />}>
      <CompareView />
    </Suspense>
  );
}
