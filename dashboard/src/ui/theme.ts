import { createTheme, type CSSVariablesResolver } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 7 },
  autoContrast: true,
  luminanceThreshold: 0.18,
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: "650" },
  components: {
    Tooltip: {
      defaultProps: {
        withArrow: true,
        openDelay: 300,
        events: { hover: true, focus: true, touch: true },
      },
    },
    // Mantine's own grey is too pale for it.
    Notification: {
      styles: { description: { color: "var(--mantine-color-dimmed)" } },
    },
    // What is said is read in the colour of text; its ground says how grave it is.
    Alert: {
      styles: {
        title: { color: "var(--mantine-color-text)" },
        message: { color: "var(--mantine-color-text)" },
      },
    },
    // A dialog's header is no second one of the page.
    ModalHeader: { defaultProps: { component: "div" } },
    Modal: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Anchor: { defaultProps: { underline: "hover" } },
  },
});

/** Mantine's greys are too pale for small text (WCAG 2.2 AA: 4.5 to 1). */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#565e66",
    "--mantine-color-placeholder": "#6b737b",
    "--mantine-color-anchor": "var(--mantine-color-indigo-8)",
    "--mantine-color-error": "#c0202a",
    "--motif-surface": "#ffffff",
    "--motif-canvas": "#f6f7f9",
    "--motif-line": "#dfe3e8",
    // Behind what a pattern leaves out: tinted, so that greys and white are seen as pixels.
    "--motif-plate": "#ccd6e6",
    "--motif-track": "#e3e6ea",
    "--motif-success": "#1d7a38",
    "--motif-warning": "#9a5b00",
    "--motif-failure": "#c0202a",
  },
  dark: {
    "--mantine-color-dimmed": "#a6adb4",
    "--mantine-color-placeholder": "#979da4",
    "--mantine-color-anchor": "var(--mantine-color-indigo-3)",
    "--mantine-color-error": "#ff8787",
    "--motif-surface": "#1f2226",
    "--motif-canvas": "#17191c",
    "--motif-line": "#363b41",
    "--motif-plate": "#2d3a55",
    "--motif-track": "#3a3f46",
    "--motif-success": "#69db7c",
    "--motif-warning": "#ffc078",
    "--motif-failure": "#ff8787",
  },
});
