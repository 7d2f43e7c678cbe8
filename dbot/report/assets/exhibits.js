// What a method shows beside the pictures that every network has: texts, matrices, curves, points,
// and pictures of its own.

let exhibitCharts = 0;

function exhibitCaption(exhibit) {
  const parts = (exhibit.parts ?? []).filter(Boolean);
  const order = exhibit.kind === "frames" ? "From top to bottom: " : "From left to right: ";
  const lines = [
    exhibit.name && foreign(exhibit.name), exhibit.caption && foreign(exhibit.caption),
    parts.length > 1 ? [order, parts.map((part, i) => [i > 0 && ", ", foreign(part)])] : parts.map(foreign),
  ].filter((line) => line && line.length !== 0);
  return lines.length > 0 && el("figcaption", {}, lines.map((line, i) => [i > 0 && el("br"), line]));
}

function pictureExhibit(exhibit) {
  const text = [exhibit.name, exhibit.caption, (exhibit.parts ?? []).join(", ")].filter(Boolean).join(": ");
  return el("img", {src: exhibit.source, alt: text || exhibit.kind, loading: "lazy", decoding: "async"});
}

// A hidden word that was predicted as it was, or the word and what was predicted in its place.
function hiddenWord({text, predicted}) {
  if (predicted === text) return el("ins", {class: "right", title: "hidden, predicted as it was"}, foreign(text));
  return [el("del", {title: "hidden"}, foreign(text)),
    predicted && [" ", el("ins", {class: "wrong", title: "predicted in its place"}, foreign(predicted))]];
}

function textExhibit({words}) {
  return el("p", {class: "words", dir: "auto"}, words.map((word, i) => [i > 0 && !word.continues && " ",
    word.hidden ? hiddenWord(word) : foreign(word.text)]));
}

function chartTitle(exhibit, group) {
  return exhibit.name || exhibit.y_title || exhibit.caption || group.title;
}

// What the title of a chart has not said.
function chartNote({y_title, caption}, title) {
  const upwards = y_title && y_title !== title && ["Upwards: ", foreign(y_title), ". "];
  const more = caption && caption !== title && foreign(caption);
  return (upwards || more) && [upwards, more];
}

function curveExhibit(exhibit, title) {
  const series = exhibit.lines.map((line, i) => ({name: line.name || exhibit.y_title || title, colour: i, points: line.x.map((x, at) => [x, line.y[at]])}))
    .filter((one) => valuesOf(one).length > 0);
  return series.length === 0 ? null : chart({
    id: `exhibit-${++exhibitCharts}`, title, series, format: (v) => significant(v, 4), xTitle: exhibit.x_title || "x",
    note: chartNote(exhibit, title),
  });
}

function pointsExhibit(exhibit, title) {
  const labels = [...new Set(exhibit.points.map((point) => point.label))].sort((a, b) => a - b);
  const series = labels.map((label, i) => ({
    name: label < 0 ? (labels.length > 1 ? "without a label" : title) : exhibit.labels[label], colour: i, marks: true,
    points: exhibit.points.filter((point) => point.label === label).map(({x, y, name}) => [x, y, name]).sort((a, b) => a[0] - b[0]),
  }));
  return series.length === 0 ? null : chart({
    id: `exhibit-${++exhibitCharts}`, title, series, scatter: true, format: (v) => significant(v, 4), xTitle: exhibit.x_title || "x",
    note: chartNote(exhibit, title),
  });
}

const EXHIBITS = {
  strip: pictureExhibit, frames: pictureExhibit, mesh: pictureExhibit, text: textExhibit, matrix: matrixExhibit,
};
const EXHIBIT_CHARTS = {curve: curveExhibit, points: pointsExhibit};

function exhibitFigure(exhibit, group) {
  if (EXHIBIT_CHARTS[exhibit.kind]) {
    const figure = EXHIBIT_CHARTS[exhibit.kind](exhibit, chartTitle(exhibit, group));
    figure?.setAttribute("data-exhibit", exhibit.kind);
    return figure;
  }
  const content = EXHIBITS[exhibit.kind]?.(exhibit);
  return content && el("figure", {"data-exhibit": exhibit.kind}, content, exhibitCaption(exhibit));
}

function exhibitsBody(group) {
  return el("div", {class: "exhibits"}, group.exhibits.map((exhibit) => exhibitFigure(exhibit, group)));
}

function exhibitsCard(group) {
  return el("div", {class: "card group", "data-kind": group.kind},
    el("h3", {}, foreign(group.title)),
    group.explanation && el("p", {class: "small"}, foreign(group.explanation)),
    exhibitsBody(group));
}

// Groups of a set that have something to show.
function exhibitsOf(set) {
  return set.exhibits.filter((group) => group.exhibits.length > 0);
}

// What the newest evaluation of each run shows.
function evaluationSection(runs) {
  const shown = runs.map((run) => [run, exhibitsOf({exhibits: run.evaluation_exhibits ?? []})]).filter(([, groups]) => groups.length > 0);
  if (shown.length === 0) return null;
  return section("test", "The newest evaluation", "What the network said at its newest evaluation, beside the figures above.",
    el("div", {class: "stack"}, shown.map(([run, groups]) => el("div", {class: "stack tight"},
      !run.alone && el("h4", {class: "hero-line"}, runMark(run), foreign(run.title)), groups.map(exhibitsCard)))));
}
