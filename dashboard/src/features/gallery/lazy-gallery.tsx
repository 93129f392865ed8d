/** The gallery, loaded beside the page that it stands on, which is read meanwhile. */
import { Skeleton } from "@mantine/core";
import dynamic from "next/dynamic";

export const LazyGallery = dynamic(
  () => import("./gallery.tsx").then(({ Gallery }) => Gallery),
  { ssr: false, loading: () => <Skeleton height={480} radius="md" /> },
);
