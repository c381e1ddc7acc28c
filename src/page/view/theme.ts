// The switch between the system's theme, light and dark. The browser remembers the choice, if it may.
import { byId } from "./dom";

const THEMES = ["system", "light", "dark"] as const;
const KEY = "sockinfo theme";

export function startTheme(): void {
  const button = byId("theme");
  const use = (theme: (typeof THEMES)[number]): void => {
    document.documentElement.dataset["theme"] = theme;
    button.textContent = `Theme: ${theme}`;
  };
  let current = remembered();
  use(current);
  button.addEventListener("click", () => {
    current = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length] ?? "system";
    use(current);
    remember(current);
  });
}

function remembered(): (typeof THEMES)[number] {
  try {
    const saved = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === saved) ?? "system";
  } catch {
    return "system";
  }
}

function remember(theme: string): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The browser's settings may forbid it. The choice then lasts as long as the page.
  }
}
