import type { Metadata } from "next";
import { Suspense } from "react";
import { NewJobView } from "../../features/new-job/new-job-view.tsx";
import { LoadingState } from "../../ui/states.tsx";

export const metadata: Metadata = { title: "New job" };

export default function Page() {
  return (
    <Suspense fallback={<LoadingState />}>
      <NewJobView />
    </Suspense>
  );
}
