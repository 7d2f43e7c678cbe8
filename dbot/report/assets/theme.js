// Light and dark: as the system says until the reader chooses. What is drawn on a canvas is drawn
// anew when colours change.

const redrawers = [];
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");

function onThemeChange(redraw) {
  redrawers.push(redraw);
}

function isDark() {
  return document.documentElement.dataset.theme === "dark";
}

function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Told apart also by those who do not see every colour, in this order (after Okabe and Ito).
const LIGHT_SERIES = ["#2b5fcb", "#c4621a", "#12836a", "#a8478f", "#6d5bd0", "#b8860b", "#4b7f9c", "#8a4b38"];
const DARK_SERIES = ["#8ab0ff", "#f0a35e", "#5fd0b0", "#e08ccb", "#b3a5ff", "#e6c34d", "#86bfdd", "#d69a86"];

function seriesColour(index) {
  const colours = isDark() ? DARK_SERIES : LIGHT_SERIES;
  return colours[index % colours.length];
}

// For classes, of which there may be many.
function classColour(index) {
  if (index < 0) return cssColour("--muted");
  if (index < LIGHT_SERIES.length) return seriesColour(index);
  const hue = (index * 137.5) % 360;
  return `hsl(${hue} 60% ${isDark() ? 68 : 42}%)`;
}

function withAlpha(colour, alpha) {
  return colour + Math.round(255 * alpha).toString(16).padStart(2, "0");
}

function chosenTheme() {
  try {
    return localStorage.getItem("dbot-theme");
  } catch {
    return null;  // pages from files may have no storage
  }
}

function applyTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.getElementById("theme").textContent = theme === "dark" ? "Light" : "Dark";
  document.getElementById("theme").setAttribute("aria-label", `Use ${theme === "dark" ? "light" : "dark"} colours`);
  for (const redraw of redrawers) redraw();
}

function systemTheme() {
  return systemDark.matches ? "dark" : "light";
}

function startTheme() {
  applyTheme(chosenTheme() ?? systemTheme());
  systemDark.addEventListener("change", () => {
    if (!chosenTheme()) applyTheme(systemTheme());
  });
  document.getElementById("theme").addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("dbot-theme", theme);
    } catch {
      // It holds for this page alone.
    }
    applyTheme(theme);
  });
  // Paper is white.
  let before = null;
  window.addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme;
    applyTheme("light");
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  window.addEventListener("afterprint", () => applyTheme(before));
}
