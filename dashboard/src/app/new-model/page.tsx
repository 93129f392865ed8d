import type { Metadata } from "next";
import { Suspense } from "react";
import { NewModelView } from "../../features/uploads/new-model-view.tsx";
import { LoadingState } from "../../ui/states.tsx";

export const metadata: Metadata = { title: "Add models" };

export default function Page() {
  return (
    <Suspense fallback={<LoadingState />}>
      <NewModelView />
    </Suspense>
  );
}
