"use client";
import { PageHeader } from "../../ui/page-header.tsx";

export function DatasetView() {
  return <PageHeader title="Data set" />;
}
