// The page of a checked data set: what was found, copies side by side, sizes, classes, what next.

const GRAVITIES = {
  broken: {chip: "problem", title: "Cannot be used", lead: "No command reads these; training passes over them."},
  suspicious: {chip: "warning", title: "Deserves a look", lead: "These can be read, but may spoil training or what is measured."},
  note: {chip: "note", title: "Good to know", lead: "Nothing is wrong with these; they say what the set is like."},
};
const VERDICTS = {yes: "sound", partly: "deserves a look", no: "needs attention"};

// A picture with its file's name; what cannot be shown is a blank.
function checkPicture({file, detail, picture, width, height, bytes: size}) {
  const image = picture
    ? el("img", {src: picture, alt: file, loading: "lazy", decoding: "async"})
    : el("div", {class: "blank"}, "no picture");
  image.addEventListener("load", () => image.classList.toggle("enlarged", image.naturalWidth < image.clientWidth / 2));
  const facts = width > 0 ? `${width}×${height}, ${bytes(size)}` : bytes(size);
  return el("figure", {}, el("div", {class: "frame"}, image),
    el("figcaption", {}, el("span", {class: "path"}, foreign(file)), el("br"), foreign(detail), el("br"), facts));
}

function fileList(kind) {
  if (kind.files.length === 0) return null;
  const few = kind.examples.length === 0 && kind.files.length <= 8;
  return el("details", {open: few}, el("summary", {}, kind.files.length === 1 ? "The file" : "The files"),
    el("ul", {class: "list", tabindex: "0"}, kind.files.map(([file, detail]) =>
      el("li", {}, el("span", {class: "path"}, foreign(file)), ": ", foreign(detail)))),
    kind.count > kind.files.length && el("p", {class: "small"}, `and ${wholeNumber(kind.count - kind.files.length)} more in check.jsonl`));
}

function kindCard(kind) {
  const {chip} = GRAVITIES[kind.gravity];
  return el("article", {class: `card advice ${chip}`, id: `kind-${kind.id}`},
    el("header", {}, el("h3", {}, kind.title), el("span", {class: `chip ${chip}`}, wholeNumber(kind.count))),
    el("p", {class: "small"}, kind.meaning),
    kind.examples.length > 0 && el("div", {class: "shots small-shots"}, kind.examples.map(checkPicture)),
    fileList(kind));
}

function gravitySection(check, gravity) {
  const kinds = check.kinds.filter((kind) => kind.gravity === gravity);
  if (kinds.length === 0) return null;
  const {title, lead} = GRAVITIES[gravity];
  return section(gravity, title, lead, el("div", {class: "stack"}, kinds.map(kindCard)));
}

function copiesSection(check) {
  const {count, shown} = check.groups;
  if (count === 0) return null;
  const more = count > shown.length ? ` ${shown.length} of ${wholeNumber(count)} groups are shown.` : "";
  return section("copies", "The same picture more than once",
    `Each row is one picture and its copies; the first would stay.${more}`,
    el("div", {class: "grid"}, shown.map((group) => el("div", {class: "card copies", tabindex: "0", role: "group", "aria-label": `${group.count} copies of ${group.members[0].file}`},
      group.members.map(checkPicture),
      group.count > group.members.length && el("p", {class: "small"}, `and ${group.count - group.members.length} more`)))));
}

function sideLabel(edges, i) {
  const last = edges[i + 1] - 1;
  return edges[i + 1] > 1e8 ? `from ${edges[i]}` : last === edges[i] ? String(last) : `${edges[i]}–${last}`;
}

function aspectLabel(edges, i) {
  const side = (value) => value >= 1 ? significant(value, 3) : `1/${significant(1 / value, 3)}`;
  if (i === 0 && edges[0] === 0) return `below ${side(edges[1])}`;
  return edges[i + 1] > 1e8 ? `from ${side(edges[i])}` : `${side(edges[i])}–${side(edges[i + 1])}`;
}

function histogramChart(id, title, histogram, label, note) {
  if (histogram.counts.length === 0) return null;
  return chart({id, title, labels: histogram.counts.map((_, i) => label(histogram.edges, i)),
    series: [{name: "Images", values: histogram.counts, colour: 0}], format: wholeNumber, tick: compact, note});
}

// The least, quartiles and the most.
function spreadRow(name, spread, format) {
  return [name, ...spread.map(format)];
}

function sharesTable(title, head, shares) {
  const total = shares.reduce((sum, [, count]) => sum + count, 0);
  return card(table(title, [head, "Images", "Share"], shares.map(([name, count]) =>
    [foreign(name), wholeNumber(count), percent(count / total)])));
}

function sizesSection(check) {
  const {sizes} = check;
  if (sizes.widths.counts.length === 0) return null;
  const pixels = (value) => wholeNumber(value);
  return section("sizes", "Sizes and kinds", "Pixels of the images as they are seen, upright.",
    el("div", {class: "stack"},
      el("div", {class: "grid three"},
        histogramChart("widths", "Width, pixels", sizes.widths, sideLabel),
        histogramChart("heights", "Height, pixels", sizes.heights, sideLabel),
        histogramChart("aspects", "Width / height", sizes.aspects, aspectLabel)),
      card(table("Sizes", ["", "Least", "Quarter", "Median", "Three quarters", "Most"], [
        spreadRow("Width", sizes.width, pixels), spreadRow("Height", sizes.height, pixels),
        spreadRow("Shorter side", sizes.shorter_side, pixels), spreadRow("File", sizes.file_bytes, bytes)]),
        el("p", {class: "small"}, `Three quarters of the images have the pixels for a network of ${sizes.largest_image_size} pixels; model.image_size = ${sizes.usual_image_size} is a good start.`)),
      el("div", {class: "grid"}, sizes.kinds.length > 0 && sharesTable("Kinds of files", "Kind", sizes.kinds),
        sharesTable("Pixels as stored", "Pixels", sizes.pixels))));
}

function classesSection(check) {
  const {parts, rows, count} = check.classes;
  const named = parts.some(({name}) => name !== "");
  if (rows.length === 0 && !named) return null;
  const titles = parts.map(({name}) => name || "Images");
  const all = ["All images", ...parts.map(({images}) => ({value: wholeNumber(images), class: "best"}))];
  return section("classes", rows.length === 0 ? "Parts" : "Classes",
    rows.length === 0 ? "Folders of the data set." : `${plural(count, "class", "classes")}${rows.length < count ? `, of which ${rows.length} are listed` : ""}.`,
    card(table(rows.length === 0 ? "Images of each part" : "Images of each class", [rows.length === 0 ? "" : "Class", ...titles],
      [all, ...rows.map(([name, counts]) => [foreign(name), ...counts.map(wholeNumber)])])));
}

function checkTiles(check) {
  const copies = check.kinds.filter(({id}) => id === "duplicate" || id === "near_duplicate").reduce((sum, {count}) => sum + count, 0);
  const {width, height} = check.sizes;
  const tiles = [
    ["Images", wholeNumber(check.images), bytes(check.bytes)],
    ["Cannot be used", wholeNumber(check.broken), percent(check.broken / Math.max(1, check.images))],
    ["Deserve a look", wholeNumber(check.suspicious), "files, each counted once"],
    ["Copies", wholeNumber(copies), check.groups.count > 0 ? `of ${plural(check.groups.count, "picture")}` : "none found"],
    ["Usual size", `${wholeNumber(width[2])}×${wholeNumber(height[2])}`, "median width and height"],
    ["In the quarantine list", wholeNumber(check.quarantined), "left out with data.leave_out"],
  ];
  return el("dl", {class: "tiles"}, tiles.map(([name, value, more]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value, el("small", {}, more)))));
}

function checkHead(check) {
  return el("div", {class: "hero"},
    el("p", {class: "hero-line"}, el("strong", {}, foreign(check.name)),
      el("span", {class: `chip ${check.verdict}`}, VERDICTS[check.verdict]),
      el("span", {class: "path"}, foreign(check.path))),
    el("h1", {id: "verdict"}, check.sentence),
    el("p", {class: "what"}, `Every file was read once, ${wholeNumber(check.looked_at)} of them in ${duration(check.seconds)}, and looked at for damage, copies and what is out of line.`),
    checkTiles(check));
}

function startCheck() {
  const check = JSON.parse(document.getElementById("data").textContent);
  document.title = `${check.name}: dbot data check`;
  append(document.getElementById("content"), [
    checkHead(check),
    gravitySection(check, "broken"), gravitySection(check, "suspicious"), copiesSection(check),
    gravitySection(check, "note"), sizesSection(check), classesSection(check),
    section("next", "What to run next", "Ready to paste into a shell; words in capitals are yours to fill in.",
      el("div", {class: "stack"}, check.next.map(commandCard))),
  ]);
  navigation({broken: "Broken", suspicious: "Suspicious", copies: "Copies", note: "Notes", sizes: "Sizes", next: "Next"});
  document.getElementById("footer").append(el("p", {},
    `Written ${document.lastModified}. This file is complete in itself and asks the network for nothing. Charts by Chart.js (MIT licence).`));
  startTheme();
  startCharts();
}

startCheck();
