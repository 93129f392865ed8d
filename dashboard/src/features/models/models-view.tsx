"use client";
import { PageHeader } from "../../ui/page-header.tsx";

export function ModelsView() {
  return <PageHeader title="Models" />;
}
