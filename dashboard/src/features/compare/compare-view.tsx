"use client";
import { PageHeader } from "../../ui/page-header.tsx";

export function CompareView() {
  return <PageHeader title="Compare" />;
}
