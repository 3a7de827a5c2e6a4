/** The one theme: colours, type, spacing and what every component looks like unless told otherwise. */
import { createTheme, defaultVariantColorsResolver, type MantineColorsTuple } from "@mantine/core";

/** The accent: deep water. White on shade 7 has a contrast of 6.4. */
const tide: MantineColorsTuple = [
  "#e6f7f6",
  "#cfebe9",
  "#a2d8d4",
  "#70c4be",
  "#46b1aa",
  "#279f98",
  "#14867f",
  "#0b6e6e",
  "#075a5b",
  "#024848",
];

const graphite: MantineColorsTuple = [
  "#d5d9de",
  "#b7bdc6",
  "#939ba7",
  "#6d7683",
  "#4a525e",
  "#343b45",
  "#272d35",
  "#1b2027",
  "#13171c",
  "#0c0f13",
];

const slate: MantineColorsTuple = [
  "#f7f8f9",
  "#eff1f3",
  "#e3e6ea",
  "#d3d8de",
  "#b8c0c9",
  "#939da9",
  "#5f6b78",
  "#46515d",
  "#2f3843",
  "#1a2129",
];

const SANS =
  '"Inter", system-ui, -apple-system, "Segoe UI", "PingFang SC", "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif';
const MONO =
  'ui-monospace, "SF Mono", SFMono-Regular, "JetBrains Mono", Menlo, Consolas, "Noto Sans Mono CJK SC", monospace';

export const theme = createTheme({
  primaryColor: "tide",
  primaryShade: 7,
  autoContrast: true,
  luminanceThreshold: 0.32,
  colors: { tide, dark: graphite, gray: slate },
  black: "#1a2129",
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.9375rem", lg: "1.0625rem", xl: "1.25rem" },
  headings: {
    fontFamily: SANS,
    fontWeight: "650",
    sizes: {
      h1: { fontSize: "1.75rem", lineHeight: "1.25" },
      h2: { fontSize: "1.25rem", lineHeight: "1.35" },
      h3: { fontSize: "1.0625rem", lineHeight: "1.4" },
      h4: { fontSize: "0.9375rem", lineHeight: "1.45" },
    },
  },
  variantColorResolver: (input) => {
    const found = defaultVariantColorsResolver(input);
    // What only informs stays quiet, in either scheme.
    if (input.color === "gray" && input.variant === "light") {
      return { ...found, background: "var(--mp-hover)", color: "var(--mp-soft)" };
    }
    // In the dark a fault is told by its words and a hint of red, not by a wall of it.
    if (input.color === "red" && input.variant === "light") {
      return {
        ...found,
        background:
          "light-dark(var(--mantine-color-red-0), color-mix(in srgb, var(--mantine-color-red-9) 24%, var(--mantine-color-dark-8)))",
        color: "light-dark(var(--mantine-color-red-9), var(--mantine-color-red-2))",
      };
    }
    // The library's red is too pale for words on white, and for white words.
    if (input.color === "red" && input.variant === "filled") {
      return {
        ...found,
        background: "var(--mantine-color-red-9)",
        hover: "color-mix(in srgb, var(--mantine-color-red-9) 88%, var(--mantine-color-black))",
      };
    }
    if (input.color === "red" && (input.variant === "outline" || input.variant === "subtle")) {
      return { ...found, border: found.border && "1px solid var(--mp-down)", color: "var(--mp-down)" };
    }
    return found;
  },
  components: {
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    Select: { defaultProps: { size: "sm", comboboxProps: { shadow: "md" } } },
    MultiSelect: { defaultProps: { size: "sm", comboboxProps: { shadow: "md" } } },
    Badge: {
      defaultProps: { variant: "light", radius: "sm", tt: "none", fw: 550, flex: "none", miw: "fit-content" },
    },
    Card: { defaultProps: { withBorder: true, radius: "md", padding: "lg" } },
    Table: {
      defaultProps: { verticalSpacing: "sm", horizontalSpacing: "md", borderColor: "var(--mp-line)" },
    },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, multiline: true, maw: 320 } },
    // What is at the top of a dialog is no banner of the page.
    Modal: {
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.45, blur: 2 },
        attributes: { header: { role: "presentation" } },
      },
    },
    Drawer: { defaultProps: { attributes: { header: { role: "presentation" } } } },
    // The first item gets the focus, and not a nameless element that a menu may not have.
    Menu: { defaultProps: { shadow: "md", withinPortal: true, withInitialFocusPlaceholder: false } },
  },
});
