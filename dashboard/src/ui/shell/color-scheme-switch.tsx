import { ActionIcon, Tooltip, useMantineColorScheme } from "@mantine/core";

const next = { auto: "light", light: "dark", dark: "auto" } as const;
const names = {
  auto: "as the system has it",
  light: "light",
  dark: "dark",
} as const;

export function ColorSchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const label = `Colours: ${names[colorScheme]}. Change to ${names[next[colorScheme]]}`;
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label={label}
        onClick={() => setColorScheme(next[colorScheme])}
        suppressHydrationWarning
      >
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
          <circle
            cx="8"
            cy="8"
            r="6.5"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
          />
          <path d="M8 1.5a6.5 6.5 0 0 1 0 13z" fill="currentColor" />
        </svg>
      </ActionIcon>
    </Tooltip>
  );
}
