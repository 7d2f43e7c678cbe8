// Charts as figures with a heading, a canvas that says what it shows, and a legend. They are drawn
// when the page stands, and again when its colours change.

const pendingCharts = [];
let chartsStarted = false;

// Centred mean over a sixtieth of the points, never across a break: what the eye should follow.
function smoothed(points, breaks = []) {
  const half = Math.floor(points.length / 120);
  if (half < 1) return null;
  const part = points.map(([x]) => breaks.filter((at) => x > at).length);
  const means = [];
  for (let i = 0; i < points.length; ++i) {
    let sum = 0;
    let count = 0;
    for (let j = Math.max(0, i - half); j <= Math.min(points.length - 1, i + half); ++j) {
      if (part[j] === part[i] && isNumber(points[j][1])) {
        sum += points[j][1];
        ++count;
      }
    }
    means.push([points[i][0], count > 0 ? sum / count : null]);
  }
  return means;
}

// Levels to compare with are no series of their own.
function colourOf(series) {
  return series.reference ? cssColour("--muted") : seriesColour(series.colour);
}

// [x, y] or, of a point that has one, with a name.
function asPoints(pairs) {
  return pairs.map(([x, y, name]) => name ? {x, y, name} : {x, y});
}

// One series becomes its points and, where it is long and noisy, their smoothed course.
function datasetsOf(series) {
  const colour = colourOf(series);
  const smooth = series.smooth ? smoothed(series.means?.length ? series.means : series.points, series.breaks) : null;
  const base = {
    label: series.name, borderColor: colour, backgroundColor: colour, borderWidth: 2,
    borderDash: series.dashed ? series.dashes ?? [5, 4] : [], pointRadius: series.marks ? 4 : 0,
    pointHoverRadius: 4, pointHitRadius: 8, borderJoinStyle: "round", tension: 0,
    segment: series.segment, clip: 6,
  };
  const raw = {...base, data: asPoints(series.points)};
  if (series.points.length === 1) raw.pointRadius = 4;
  if (!smooth) return [raw];
  return [{...raw, borderColor: withAlpha(colour, 0.28), borderWidth: 1},
    {...base, data: asPoints(smooth), smoothed: true, pointHitRadius: 0, pointHoverRadius: 0}];
}

// Vertical lines where stages begin, ticks at the foot where steps were skipped.
const stageMarks = {
  id: "stageMarks",
  afterDatasetsDraw(chart, _, options) {
    const {ctx, chartArea: area, scales: {x}} = chart;
    if (!x || x.type !== "linear") return;
    ctx.save();
    ctx.strokeStyle = cssColour("--muted");
    ctx.fillStyle = cssColour("--muted");
    ctx.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    ctx.setLineDash([3, 3]);
    ctx.lineWidth = 1;
    for (const mark of options.stages ?? []) {
      const at = x.getPixelForValue(mark.x);
      if (at < area.left || at > area.right) continue;
      ctx.beginPath();
      ctx.moveTo(at, area.top);
      ctx.lineTo(at, area.bottom);
      ctx.stroke();
      const width = ctx.measureText(mark.label).width;
      ctx.fillText(mark.label, at + 5 + width > area.right ? at - 5 - width : at + 5, area.top + 11);
    }
    ctx.setLineDash([]);
    ctx.strokeStyle = cssColour("--bad");
    ctx.lineWidth = 2;
    for (const step of options.skipped ?? []) {
      const at = x.getPixelForValue(step);
      ctx.beginPath();
      ctx.moveTo(at, area.bottom);
      ctx.lineTo(at, area.bottom - 8);
      ctx.stroke();
    }
    ctx.restore();
  },
};

function axis(spec) {
  return {
    border: {display: false},
    grid: {color: cssColour("--line"), borderColor: cssColour("--line"), tickLength: 0, drawBorder: false},
    ticks: {color: cssColour("--muted"), font: {size: 11}, padding: 6, maxRotation: 0, autoSkipPadding: 16, ...spec.ticks},
    title: {display: Boolean(spec.title), text: spec.title, color: cssColour("--muted"), font: {size: 11}},
  };
}

// Of a logarithmic axis, the values that are easy to read: fewer of a long one.
function logTick(value, format, {min, max}) {
  const mantissa = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  const easy_ones = max > 10 * min ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  return easy_ones.some((easy) => Math.abs(mantissa - easy) < 1e-6) ? format(value) : "";
}

function tooltip(spec) {
  return {
    backgroundColor: cssColour("--card"), titleColor: cssColour("--ink"), bodyColor: cssColour("--ink"),
    borderColor: cssColour("--line"), borderWidth: 1, padding: 10, boxWidth: 8, boxHeight: 8, boxPadding: 4,
    titleFont: {weight: "600"}, caretSize: 0, cornerRadius: 8,
    filter: (item) => !item.dataset.smoothed,
    callbacks: {
      title: (items) => items.length ? (spec.xTitle ? `${spec.xTitle} ${significant(items[0].parsed.x, 6)}` : items[0].label) : "",
      label: (item) => `${item.raw?.name ?? item.dataset.label}: ${spec.format(item.parsed.y)}`,
    },
  };
}

// A logarithmic axis ends near its values, not at the next power of ten.
function logarithmicRange(series) {
  const values = series.flatMap(valuesOf).filter((value) => value > 0);
  return values.length > 0 ? {min: 0.93 * lowestOf(values), max: 1.07 * highestOf(values)} : {};
}

function lineConfiguration(spec) {
  const logarithmic = spec.logarithmic;
  return {
    type: "line",
    data: {datasets: spec.series.flatMap(datasetsOf)},
    plugins: [stageMarks],
    options: {
      animation: false, parsing: false, normalized: !spec.scatter, responsive: true, maintainAspectRatio: false,
      showLine: !spec.scatter,
      interaction: {mode: "nearest", axis: spec.scatter ? "xy" : "x", intersect: false},
      layout: {padding: {top: 4, right: 4}},
      plugins: {legend: {display: false}, tooltip: tooltip(spec), stageMarks: {stages: spec.stages, skipped: spec.skipped}},
      scales: {
        x: {type: "linear", min: spec.xMin, max: spec.xMax,
          ...axis({title: spec.xTitle, ticks: {maxTicksLimit: 7, callback: (value) => compact(value)}}),
          grid: {display: false, drawBorder: false}},
        y: {type: logarithmic ? "logarithmic" : "linear", beginAtZero: Boolean(spec.fromZero), suggestedMax: spec.yMax,
          ...(logarithmic ? logarithmicRange(spec.series) : {}),
          ...axis({ticks: {maxTicksLimit: logarithmic ? 14 : 6, callback(value) { return logarithmic ? logTick(value, spec.tick ?? spec.format, this) : (spec.tick ?? spec.format)(value); }}})},
      },
    },
  };
}

function barConfiguration(spec) {
  return {
    type: "bar",
    data: {
      labels: spec.labels,
      datasets: spec.series.map((series) => ({
        label: series.name, data: series.values, backgroundColor: series.muted ? withAlpha(seriesColour(series.colour), 0.35) : seriesColour(series.colour),
        borderRadius: 4, maxBarThickness: 44, categoryPercentage: 0.7, barPercentage: 0.85,
      })),
    },
    options: {
      animation: false, responsive: true, maintainAspectRatio: false,
      interaction: {mode: "nearest", axis: "x", intersect: false},
      plugins: {legend: {display: false}, tooltip: tooltip(spec)},
      scales: {
        x: {...axis({}), grid: {display: false, drawBorder: false}},
        y: {beginAtZero: true, ...axis({ticks: {maxTicksLimit: 6, callback: (value) => (spec.tick ?? spec.format)(value)}})},
      },
    },
  };
}

function valuesOf(series) {
  return (series.values ?? series.points.map(([, y]) => y)).filter(isNumber);
}

// In words, for those who do not see the canvas.
function summaryOf(spec) {
  return spec.series.map((series) => {
    const values = valuesOf(series);
    if (values.length === 0) return `${series.name}: no values`;
    let lowest = values[0];
    let highest = values[0];
    for (const value of values) {
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
    }
    return `${series.name}: from ${spec.format(values[0])} to ${spec.format(values.at(-1))}, lowest ${spec.format(lowest)}, highest ${spec.format(highest)}`;
  }).join("; ");
}

function lowestOf(values) {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function highestOf(values) {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}

// A range of more than a factor of twenty is read on a logarithmic axis, and so is a course whose
// later half is a flat line at the foot of a linear one.
function wantsLogarithm(series) {
  const values = series.flatMap(valuesOf);
  const lowest = lowestOf(values);
  const highest = highestOf(values);
  if (!(lowest > 0)) return false;
  if (highest > 20 * lowest) return true;
  const later = series.filter((one) => !one.reference).flatMap((one) => valuesOf(one).slice(Math.floor(valuesOf(one).length / 2)));
  return later.length >= 20 && highest > 2.5 * lowest && highestOf(later) - lowest < 0.15 * (highest - lowest);
}

function legendOf(spec) {
  if (spec.series.length < 2) return null;
  const list = el("ul", {class: "legend"});
  const draw = () => list.replaceChildren(...spec.series.map((series) => {
    const swatch = el("span", {class: "swatch", "aria-hidden": "true"});
    const colour = colourOf(series);
    swatch.style.background = series.dashed ? `repeating-linear-gradient(90deg, ${colour} 0 ${series.dashes?.[0] ?? 4}px, transparent 0 ${(series.dashes ?? [4, 3])[0] + (series.dashes ?? [4, 3])[1]}px)` : series.muted ? withAlpha(colour, 0.35) : colour;
    return el("li", {}, swatch, foreign(series.name));
  }));
  if (chartsStarted) draw();  // else when the colours are chosen
  onThemeChange(draw);
  return list;
}

// spec: {id, title, series: [{name, points or values, colour, …}], format, xTitle, stages, skipped,
// note, tall, labels (makes bars), scatter (points without lines), log (offer a logarithmic axis), logarithmic (begin with it)}
function chart(spec) {
  const canvas = el("canvas", {id: `chart-${spec.id}`, role: "img", "aria-label": `${spec.title}. ${summaryOf(spec)}`});
  spec.logarithmic ??= Boolean(spec.log) && wantsLogarithm(spec.series);
  const button = spec.log && toggleButton("Log scale", spec.logarithmic, () => {
    spec.logarithmic = !spec.logarithmic;
    button.setAttribute("aria-pressed", String(spec.logarithmic));
    draw();
  });
  let drawn = null;
  const draw = () => {
    drawn?.destroy();
    drawn = new Chart(canvas, spec.labels ? barConfiguration(spec) : lineConfiguration(spec));
  };
  // One of a moment that is chosen later is drawn when it stands in the page.
  if (chartsStarted) queueMicrotask(() => startChart(draw));
  else pendingCharts.push(draw);
  return el("figure", {class: spec.tall ? "card chart tall" : "card chart"},
    el("header", {}, el("h3", {}, spec.title), button),
    el("div", {class: "plot"}, canvas),
    legendOf(spec),
    spec.note && el("figcaption", {class: "small"}, spec.note));
}

function startChart(draw) {
  draw();
  onThemeChange(draw);
}

// Once, when all figures are in the page; from then on whenever the colours change.
function startCharts() {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  chartsStarted = true;
  pendingCharts.forEach(startChart);
}
