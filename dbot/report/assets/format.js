// Numbers and texts as people read them. A missing value is an en dash.

const NOTHING = "–";

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

// Significant digits without exponents where a plain number is short.
function significant(value, digits = 4) {
  if (!isNumber(value)) return NOTHING;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e7) return Number(value.toPrecision(Math.min(digits, 3))).toExponential().replace("e+", "e");
  if (size >= 1000) return wholeNumber(Math.round(value));
  return String(Number(value.toPrecision(digits)));
}

function wholeNumber(value) {
  return isNumber(value) ? Math.round(value).toLocaleString("en-US") : NOTHING;
}

// 1,234,567 as "1.23 M".
function compact(value) {
  if (!isNumber(value)) return NOTHING;
  for (const [size, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]]) {
    if (Math.abs(value) >= size) {
      const unit = letter === "k" ? 1e3 : size;
      return `${Number((value / unit).toPrecision(3))}\u00a0${letter}`;
    }
  }
  return significant(value, 4);
}

function bytes(value) {
  if (!isNumber(value)) return NOTHING;
  for (const [size, unit] of [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]]) {
    if (value >= size) return `${Number((value / size).toPrecision(3))}\u00a0${unit}`;
  }
  return `${value} B`;
}

function percent(fraction) {
  if (!isNumber(fraction)) return NOTHING;
  const value = 100 * fraction;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))}\u00a0%`;
}

// Accuracies come in percent.
function accuracy(value) {
  return isNumber(value) ? `${value.toFixed(1)}\u00a0%` : NOTHING;
}

function duration(seconds) {
  if (!isNumber(seconds)) return NOTHING;
  const pad = (value) => String(Math.floor(value)).padStart(2, "0");
  if (seconds < 60) return `${significant(seconds, 2)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${pad((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${pad((seconds % 86400) / 3600)} h`;
}

// "peak_memory_bytes" as "peak memory bytes".
function words(key) {
  return key.replace(/_/g, " ");
}

function titleCase(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function protocolTitle(protocol) {
  const titles = {knn: "k-NN", linear: "Linear probe", linear_mae: "Linear probe as in MAE"};
  return titles[protocol] ?? protocol;
}

// "grid:3" as "3 × 3 grid".
function featureTitle(features) {
  return features.replace(/^grid:(\d+)/, "$1 × $1 grid");
}

function plural(count, one, many = `${one}s`) {
  return `${wholeNumber(count)} ${count === 1 ? one : many}`;
}
