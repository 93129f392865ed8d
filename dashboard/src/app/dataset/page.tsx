import type { Metadata } from "next";
import { Suspense } from "react";
import { DatasetView } from "../../features/datasets/dataset-view.tsx";
import { LoadingState } from "../../ui/states.tsx";

export const metadata: Metadata = { title: "Data set" };

export default function Page() {
  return (
    <Suspense fallback={<LoadingState />}>
      <DatasetView />
    </Suspense>
  );
}
