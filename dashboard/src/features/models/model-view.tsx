"use client";
import { PageHeader } from "../../ui/page-header.tsx";

export function ModelView() {
  return <PageHeader title="Model" />;
}
