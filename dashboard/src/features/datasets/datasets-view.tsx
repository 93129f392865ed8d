"use client";
import { PageHeader } from "../../ui/page-header.tsx";

export function DatasetsView() {
  return <PageHeader title="Data sets" />;
}
