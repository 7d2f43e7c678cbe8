// What the network sees: pictures drawn at moments of the run, neighbours, and the map.

const HEALTH = [
  ["effective_rank", "Effective rank of features", (v, h) => `${significant(v, 3)} of ${significant(Math.min(h.width, h.images ?? h.width), 4)}`],
  ["mean_cosine", "Mean cosine between images", (v) => v.toFixed(3)],
  ["prediction_deviation", "Deviation of predictions", (v) => significant(v, 3)],
  ["target_deviation", "Deviation of targets", (v) => significant(v, 3)],
  ["training_loss", "Loss on training images", (v) => significant(v, 4)],
  ["held_out_loss", "Loss on held-out images", (v) => significant(v, 4)],
  ["position_loss", "Loss without looking at the image", (v) => significant(v, 4)],
  ["constant_loss", "Loss of a constant prediction", (v) => significant(v, 4)],
];

function healthTable(sets, titles) {
  const rows = HEALTH.filter(([key]) => sets.some((set) => isNumber(set.health[key])))
    .map(([key, title, format]) => [title, ...sets.map((set) =>
      isNumber(set.health[key]) ? format(set.health[key], set.health) : NOTHING)]);
  return rows.length === 0 ? null : card(
    table("Health of the features", ["Measure", ...titles.map(foreign)], rows),
    el("p", {class: "small"}, "Effective rank: how many independent directions features use. Mean cosine near 1: every image looks alike to the network. Predictions that vary far less than their targets, or a loss near that of a prediction that does not look, mean that nothing was learnt."));
}

// Of one sample of images, the same at every moment: [key, title, text, what it says and does not].
const COMPARED = [
  ["own_crop_nearest", "Images known again by another crop", percent,
    "of two random crops of an image, the share whose features are nearest to each other among all images. Features that tell images apart rise; colours alone can rise a little, too."],
  ["shared_neighbours", "Neighbours that both crops share", percent,
    "of the nearest other images. It is high where features are few and coarse as well: read it beside the row above."],
  ["effective_rank", "Effective rank", (v) => significant(v, 3),
    "independent directions in which features differ. A fall by half is a warning; noise has a high rank, too."],
  ["rank_me", "RankMe", (v) => significant(v, 3),
    "the same without taking off the mean (arXiv 2210.02885): for comparing networks of one kind on these images alone."],
  ["mean_cosine", "Mean cosine between images", (v) => v.toFixed(3),
    "near 1 all images look alike; but it rises in good runs, too, as features get a common part."],
  ["way_to_zero", "Way to a loss of zero", (v) => `${Math.round(100 * v)}\u00a0%`,
    "from the loss of a guess that does not look at the image. An easy target gives a long way without learning much."],
  ["prediction_inside", "Deviation of predictions inside an image", (v) => significant(v, 3),
    "beside what all images have at that place. Far below the targets' (next row): it knows the mean of an image, not what is where."],
  ["target_inside", "Deviation of targets inside an image", (v) => significant(v, 3), "what it should be."],
];

// The figures of one run's moments beside each other, and the change since the first.
function comparedTable(sets) {
  const measured = sets.filter((set) => set.health.compared);
  if (measured.length === 0) return null;
  const [first, last] = [measured[0].health.compared, measured.at(-1).health.compared];
  const shown = COMPARED.filter(([key]) => measured.some((set) => isNumber(set.health.compared[key])));
  const rows = shown.map(([key, title, format]) => [title,
    ...measured.map(({health}) => (isNumber(health.compared[key]) ? format(health.compared[key]) : NOTHING)),
    measured.length > 1 && isNumber(first[key]) && isNumber(last[key]) && first[key] > 0
      ? `× ${significant(last[key] / first[key], 2)}` : NOTHING]);
  const figure = card(
    table(`${plural(first.images, first.held_out ? "held-out image" : "image")}, the same at every moment`,
      ["Measure", ...measured.map((set) => foreign(set.label)), "Change"], rows),
    el("p", {class: "small"}, "Without labels, the verdict goes by these: what counts is the change since before the first step."),
    el("dl", {class: "small"}, shown.map(([, title, , text]) => [el("dt", {}, el("b", {}, title)), el("dd", {}, text)])));
  figure.id = "compared-images";
  return figure;
}

function shot(picture) {
  const text = [picture.name, picture.caption].filter(Boolean).join(": ");
  const image = el("img", {src: picture.source, alt: text, loading: "lazy", decoding: "async"});
  image.addEventListener("load", () => {
    image.classList.toggle("enlarged", image.naturalWidth < 2 * image.clientWidth);
    // Long strips want the room of their columns, single pictures do not.
    const wide = image.naturalWidth / Math.max(1, image.naturalHeight);
    image.closest(".shots")?.style.setProperty("--shot", wide > 4 ? "26rem" : wide > 2.5 ? "20rem" : wide > 1.5 ? "13rem" : "9rem");
  });
  return el("figure", {}, image, el("figcaption", {}, foreign(picture.name),
    picture.caption && [el("br"), foreign(picture.caption)]));
}

function groupBody(group) {
  return el("div", {class: "shots"}, group.pictures.map(shot));
}

function groupCard(group) {
  return el("div", {class: "card group", "data-kind": group.kind},
    el("h3", {}, foreign(group.title)),
    group.explanation && el("p", {class: "small"}, foreign(group.explanation)),
    groupBody(group));
}

function neighboursCard(set) {
  const thumbnails = thumbnailsOf(set.map);
  const figure = (index, caption, kind) => {
    const [, , label, name] = set.map.points[index];
    return el("figure", {class: kind, title: name}, thumbnails.picture(index, name),
      el("figcaption", {}, label >= 0 ? foreign(className(set.map, label)) : foreign(name), el("br"), caption));
  };
  const line = (row, kind, name) => el("div", {class: `neighbour-row ${kind}`, tabindex: "0", role: "group", "aria-label": `Neighbours of ${set.map.points[row.query][3]} by ${name}`},
    kind === "by-pixels" ? el("p", {class: "query"}, "by raw pixels") : figure(row.query, "query", "query"),
    row.nearest.map((index, i) => figure(index, row.similarity[i].toFixed(2), "near")));
  const by_pixels = new Map(set.pixel_neighbours.map((row) => [row.query, row]));
  return el("div", {class: "card neighbours"},
    el("h3", {}, "Nearest neighbours"),
    el("p", {class: "small"}, "Left, an image; beside it those whose features are most similar, with the cosine of the angle between them. Good features bring the same things together, whatever their colours or places.",
      by_pixels.size > 0 && " Beneath, for comparison, the most similar by raw pixels, without a network: rows that agree mean that features have learnt no more than colours and places."),
    el("div", {class: "neighbour-rows"}, set.neighbours.map((row) => el("div", {class: "neighbour-pair"},
      line(row, "by-features", "features"), by_pixels.has(row.query) && line(by_pixels.get(row.query), "by-pixels", "raw pixels")))));
}

function setBody(set) {
  const groups = set.groups.filter((group) => group.pictures.length > 0);
  const drawable = set.map && set.map.points.length > 0;
  return el("div", {class: "stack", "data-set": set.label},
    groups.map(groupCard),
    exhibitsOf(set).map(exhibitsCard),
    drawable && set.map.atlas && set.neighbours.length > 0 && neighboursCard(set),
    drawable && mapCard(set.map, "Map of the samples"),
    drawable && el("p", {class: "small"}, "The map lays samples out so that those with similar features lie close together. Groups of one colour mean that the network has found the classes by itself."));
}

// One run: the moments of the run are chosen by their names.
function oneRunPictures(run) {
  const sets = run.pictures;
  const frame = el("div", {});
  const mixed = new Set(targetsOf(run)).size > 1;  // losses of several kinds
  const bodies = sets.map(() => null);
  const choose = (i) => {
    bodies[i] ??= setBody(sets[i]);
    frame.replaceChildren(bodies[i]);
  };
  choose(sets.length - 1);
  return [
    sets.length > 1 && segments("Moment of the run", sets.map((set) => foreign(set.label)), sets.length - 1, choose),
    frame,
    comparedTable(sets),
    healthTable(sets, sets.map((set) => mixed ? `${set.label} (${targetOf(run, set.stage)})` : set.label)),
    mixed && el("p", {class: "small"}, "Stages predict different things: compare their losses and deviations within one kind only."),
  ];
}

// Several runs: the newest pictures of each, kind by kind in columns.
function comparedPictures(runs) {
  const shown = runs.filter((run) => run.pictures.length > 0);
  const newest = shown.map((run) => run.pictures.at(-1));
  const kinds = [...new Set(newest.flatMap((set) => set.groups.filter((g) => g.pictures.length > 0).map((g) => g.kind)))];
  const title = (run, set) => el("h4", {class: "hero-line"}, runMark(run), foreign(`${run.title}, ${set.label}`));
  const columns = (content) => el("div", {class: "columns"}, newest.map((set, i) => {
    const body = content(set);
    return body && el("div", {class: "stack tight"}, title(shown[i], set), body);
  }));
  const groupOf = (set, kind) => set.groups.find((group) => group.kind === kind && group.pictures.length > 0);
  const exhibited = [...new Set(newest.flatMap((set) => exhibitsOf(set).map((group) => group.kind)))];
  const exhibitsIn = (set, kind) => exhibitsOf(set).find((group) => group.kind === kind);
  // One card a kind: its heading from the first run that has it, and the runs in columns.
  const kindCard = (kind, find, body) => {
    const first = find(newest.find((set) => find(set, kind)), kind);
    return el("div", {class: "card group"}, el("h3", {}, foreign(first.title)),
      first.explanation && el("p", {class: "small"}, foreign(first.explanation)),
      columns((set) => find(set, kind) && body(find(set, kind))));
  };
  return el("div", {class: "stack"},
    kinds.map((kind) => kindCard(kind, groupOf, groupBody)),
    exhibited.map((kind) => kindCard(kind, exhibitsIn, exhibitsBody)),
    newest.some((set) => set.map) && columns((set) => set.map && mapCard(set.map, "Map of the samples")),
    healthTable(newest, newest.map((set, i) => `${shown[i].title}, ${set.label}`)));
}

function picturesSection(runs) {
  if (!runs.some((run) => run.pictures.length > 0)) return null;
  return section("pictures", "What the network sees",
    "The same few images at several moments of the run. Compare the first with the last: what has training added?",
    el("div", {class: "stack"}, runs.length === 1 ? oneRunPictures(runs[0]) : comparedPictures(runs)));
}
