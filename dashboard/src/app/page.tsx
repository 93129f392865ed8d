import type { Metadata } from "next";
import { Suspense } from "react";
import { ModelsView } from "../features/models/models-view.tsx";
import { LoadingState } from "../ui/states.tsx";

export const metadata: Metadata = { title: "Models" };

export default function Page() {
  return (
    <Suspense fallback={<LoadingState />}>
      <ModelsView />
    </Suspense>
  );
}
