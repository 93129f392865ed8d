"use client";
import { PageHeader } from "../../ui/page-header.tsx";

export function NodesView() {
  return <PageHeader title="Nodes" />;
}
