"use client";
import { PageHeader } from "../../ui/page-header.tsx";

export function JobsView() {
  return <PageHeader title="Jobs" />;
}
