"use client";
import { PageHeader } from "../../ui/page-header.tsx";

export function JobView() {
  return <PageHeader title="Job" />;
}
