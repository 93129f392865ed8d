import type { Metadata } from "next";
import { Suspense } from "react";
import { ModelView } from "../../features/models/model-view.tsx";
import { LoadingState } from "../../ui/states.tsx";

export const metadata: Metadata = { title: "Model" };

export default function Page() {
  return (
    <Suspense fallback={<LoadingState />}>
      <ModelView />
    </Suspense>
  );
}
