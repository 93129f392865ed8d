"use client";
import { PageHeader } from "../../ui/page-header.tsx";

export function NewJobView() {
  return <PageHeader title="New job" />;
}
