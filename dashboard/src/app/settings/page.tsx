import type { Metadata } from "next";
import { Suspense } from "react";
import { SettingsView } from "../../features/settings/settings-view.tsx";
import { LoadingState } from "../../ui/states.tsx";

export const metadata: Metadata = { title: "Settings" };

export default function Page() {
  return (
    <Suspense fallback={<LoadingState />}>
      <SettingsView />
    </Suspense>
  );
}
