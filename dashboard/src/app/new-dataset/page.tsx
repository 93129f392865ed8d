import type { Metadata } from "next";
import { Suspense } from "react";
import { NewDatasetView } from "../../features/uploads/new-dataset-view.tsx";
import { LoadingState } from "../../ui/states.tsx";

export const metadata: Metadata = { title: "Add a data set" };

export default function Page() {
  return (
    <Suspense fallback={<LoadingState />}>
      <NewDatasetView />
    </Suspense>
  );
}
