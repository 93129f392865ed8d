import type { NextConfig } from "next";

/** Where the control plane is while the pages are being developed; in production it serves them itself. */
const controlPlane = process.env.MOTIF_URL ?? "http://127.0.0.1:3000";

const isDevelopment = process.env.NODE_ENV === "development";

const configuration: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  // `npm test` checks types, once for all workspaces.
  typescript: { ignoreBuildErrors: true },
  experimental: { optimizePackageImports: ["@mantine/core", "@mantine/hooks"] },
  ...(isDevelopment
    ? {
        rewrites: () =>
          Promise.resolve(
            ["/api/:path*", "/socket.io/:path*"].map((source) => ({
              source,
              destination: controlPlane + source,
            })),
          ),
        skipTrailingSlashRedirect: true,
      }
    : { output: "export" }),
};

export default configuration;
