"use client";
/** From anywhere to anything by its name (Ctrl+K), and which keys there are (?). What they open is loaded when it is first wanted. */
import { Button, Kbd } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import dynamic from "next/dynamic";
import { useState } from "react";

const FindDialog = dynamic(
  () => import("./find-dialog.tsx").then((file) => file.FindDialog),
  { ssr: false },
);
const KeysDialog = dynamic(
  () => import("./keys-dialog.tsx").then((file) => file.KeysDialog),
  { ssr: false },
);

export function Find() {
  /** How often it was asked for. */
  const [asked, setAsked] = useState(0);
  const [areKeysShown, setKeysShown] = useState<boolean>();
  const ask = () => setAsked((last) => last + 1);
  // Searching goes from within a field as well; a question mark in one is a question mark.
  useHotkeys([["mod+K", ask]], []);
  useHotkeys([["shift+?", () => setKeysShown(true)]]);
  return (
    <>
      <Button
        variant="default"
        size="sm"
        px="sm"
        onClick={ask}
        aria-keyshortcuts="Control+K"
        rightSection={
          <Kbd size="xs" visibleFrom="sm">
            Ctrl K
          </Kbd>
        }
      >
        Find
      </Button>
      {asked > 0 && <FindDialog asked={asked} />}
      {areKeysShown !== undefined && (
        <KeysDialog isOpen={areKeysShown} onClose={() => setKeysShown(false)} />
      )}
    </>
  );
}
