import { NavLink, Stack } from "@mantine/core";
import Link from "next/link";
import { usePathname } from "next/navigation";

/** The first page of each group, and the pages that belong to it. */
const destinations = [
  { href: "/", label: "Models", own: ["/", "/model"] },
  { href: "/compare", label: "Compare", own: ["/compare"] },
  { href: "/datasets", label: "Data sets", own: ["/datasets", "/dataset"] },
  { href: "/jobs", label: "Jobs", own: ["/jobs", "/job"] },
  { href: "/new-job", label: "New job", own: ["/new-job"] },
  { href: "/nodes", label: "Nodes", own: ["/nodes"] },
  { href: "/settings", label: "Settings", own: ["/settings"] },
] as const;

export function Navigation() {
  const pathname = usePathname();
  return (
    <Stack gap={2}>
      {destinations.map(({ href, label, own }) => {
        const isHere = (own as readonly string[]).includes(pathname);
        return (
          <NavLink
            key={href}
            component={Link}
            href={href}
            label={label}
            active={isHere}
            aria-current={isHere ? "page" : undefined}
            style={{ borderRadius: 6 }}
          />
        );
      })}
    </Stack>
  );
}
