import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "@mantine/dropzone/styles.css";
import "../ui/page.css";
import { ColorSchemeScript, mantineHtmlProps } from "@mantine/core";
import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { Find } from "../features/find/find.tsx";
import { Shell } from "../ui/shell/shell.tsx";
import { Providers } from "./providers.tsx";

export const metadata: Metadata = {
  title: { default: "Motif", template: "%s · Motif" },
  description:
    "The small patterns in pixel space that make a classifier predict each of its classes.",
};
export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  colorScheme: "light dark",
};

export default function RootLayout({
  children,
}: {
  readonly children: ReactNode;
}) {
  return (
    <html lang="en" {...mantineHtmlProps}>
      <head>
        <ColorSchemeScript defaultColorScheme="auto" />
      </head>
      <body>
        <Providers>
          <Shell tools={<Find />}>{children}</Shell>
        </Providers>
      </body>
    </html>
  );
}
