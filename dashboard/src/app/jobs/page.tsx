import type { Metadata } from "next";
import { Suspense } from "react";
import { JobsView } from "../../features/jobs/jobs-view.tsx";
import { LoadingState } from "../../ui/states.tsx";

export const metadata: Metadata = { title: "Jobs" };

export default function Page() {
  return (
    <Suspense fallback={<LoadingState />}>
      <JobsView />
    </Suspense>
  );
}
