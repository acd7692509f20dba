"use client";

import { MonitorIcon, MoonIcon, SunIcon } from "lucide-react";

import { chooseTheme, type Theme, useTheme } from "@/lib/theme";

import { Menu } from "./menu";

const THEMES: { theme: Theme; label: string }[] = [
  { theme: "system", label: "System" },
  { theme: "light", label: "Light" },
  { theme: "dark", label: "Dark" },
];
const PICTURES = { system: MonitorIcon, light: SunIcon, dark: MoonIcon };

export function ThemeMenu() {
  const current = useTheme();
  const Picture = PICTURES[current];
  return (
    <Menu
      label="Theme"
      button={<Picture />}
      buttonClassName="text-muted hover:text-ink hover:bg-line/50 grid size-10 place-items-center rounded-lg"
      entries={THEMES.map(({ theme, label }) => ({
        label,
        checked: theme === current,
        onSelect: () => chooseTheme(theme),
      }))}
    />
  );
}
