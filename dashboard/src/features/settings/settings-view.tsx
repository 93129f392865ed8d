"use client";
import { PageHeader } from "../../ui/page-header.tsx";

export function SettingsView() {
  return <PageHeader title="Settings" />;
}
