import type { Metadata } from "next";
import { Suspense } from "react";
import { JobView } from "../../features/jobs/job-view.tsx";
import { LoadingState } from "../../ui/states.tsx";

export const metadata: Metadata = { title: "Job" };

export default function Page() {
  return (
    <Suspense fallback={<LoadingState />}>
      <JobView />
    </Suspense>
  );
}
