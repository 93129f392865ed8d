"use client";
/** The frame of every page: where one is, where one can go, whether the server is there. */
import { AppShell, Burger, Group, ScrollArea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { usePathname } from "next/navigation";
import { useEffect, type ReactNode } from "react";
import { connect } from "../../live/event-source.ts";
import { LoginGate } from "../session/login-gate.tsx";
import { ColorSchemeSwitch } from "./color-scheme-switch.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Navigation } from "./navigation.tsx";
import { Wordmark } from "./wordmark.tsx";

/** @param tools beside the colours, on every page */
export function Shell({
  tools,
  children,
}: {
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}) {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const pathname = usePathname();
  useEffect(connect, []);
  useEffect(close, [pathname, close]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{
        width: 208,
        breakpoint: "sm",
        collapsed: { mobile: !isOpen },
      }}
      padding="md"
    >
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={isOpen ? "Close navigation" : "Open navigation"}
              aria-expanded={isOpen}
            />
            <Wordmark />
          </Group>
          <Group gap="xs" wrap="nowrap">
            {tools}
            <ColorSchemeSwitch />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        <ScrollArea>
          <Navigation />
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <LoginGate>
          <ConnectionBanner />
          {children}
        </LoginGate>
      </AppShell.Main>
    </AppShell>
  );
}
