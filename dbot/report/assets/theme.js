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

// Ten, of which no two are alike, also to those who do not see red or green: searched for as the set
// with the largest smallest distance in OKLab, seen and simulated (Machado et al. 2009).
const LIGHT_CLASSES = ["#0935b1", "#e58212", "#4e7725", "#d57eac", "#681116", "#3f98f4", "#7346f1", "#304c59", "#79679a", "#530a71"];
const DARK_CLASSES = ["#f5ba26", "#5552f9", "#6cb9a9", "#ca2352", "#c7e7f7", "#f69efe", "#39fd9e", "#9288db", "#ae8523", "#2e728d"];

// For classes, of which there may be many: from the eleventh on, shapes tell them apart.
function classColour(index) {
  if (index < 0) return cssColour("--muted");
  return (isDark() ? DARK_CLASSES : LIGHT_CLASSES)[index % LIGHT_CLASSES.length];
}

// 0 to 3: a disc, a square, a triangle, a diamond.
function classShape(index) {
  return index < 0 ? 0 : Math.floor(index / LIGHT_CLASSES.length) % 4;
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
