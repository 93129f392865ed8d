import type { Metadata } from "next";
import { Suspense } from "react";
import { DatasetsView } from "../../features/datasets/datasets-view.tsx";
import { LoadingState } from "../../ui/states.tsx";

export const metadata: Metadata = { title: "Data sets" };

export default function Page() {
  return (
    <Suspense fallback={<LoadingState />}>
      <DatasetsView />
    </Suspense>
  );
}
