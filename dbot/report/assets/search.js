// The page of a search: what was asked for at the left, the nearest images beside it.

function searchPicture({file, label, picture}, facts, copy) {
  const image = picture
    ? el("img", {src: picture, alt: file, loading: "lazy", decoding: "async"})
    : el("div", {class: "blank"}, "no picture");
  image.addEventListener("load", () => image.classList.toggle("enlarged", image.naturalWidth < image.clientWidth / 2));
  return el("figure", {class: copy ? "copy" : undefined}, el("div", {class: "frame"}, image),
    el("figcaption", {}, facts, el("br"), el("span", {class: "path"}, foreign(file)), label && [el("br"), foreign(label)]));
}

function similarityText({similarity, copy}) {
  return [el("b", {}, similarity.toFixed(4)), copy && [" ", el("span", {class: "chip warning"}, "same picture")]];
}

function queryCard(query) {
  return el("article", {class: "card found"},
    el("div", {class: "asked"}, searchPicture(query, "asked for")),
    el("div", {class: "shots small-shots"}, query.nearest.map((image) => searchPicture(image, similarityText(image), image.copy))));
}

function searchTiles(search) {
  const nearest = search.queries.flatMap((query) => query.nearest.slice(0, 1).map(({similarity}) => similarity));
  const mean = nearest.reduce((sum, value) => sum + value, 0) / Math.max(1, nearest.length);
  const tiles = [
    ["Images searched", wholeNumber(search.images), ""],
    ["Asked for", wholeNumber(search.asked), search.asked > search.queries.length ? `the first ${search.queries.length} are shown` : ""],
    ["Nearest", nearest.length > 0 ? mean.toFixed(4) : NOTHING, nearest.length > 1 ? "cosine, on average" : "cosine of the first"],
    ["Same picture", wholeNumber(search.copies), "cosine above 0.999"],
    ["Features", foreign(featureTitle(search.features)), "of the network"],
  ];
  return el("dl", {class: "tiles"}, tiles.map(([name, value, more]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value, more && el("small", {}, more)))));
}

function startSearch() {
  const search = JSON.parse(document.getElementById("data").textContent);
  document.title = "dbot search";
  append(document.getElementById("content"), [
    el("div", {class: "hero"},
      el("p", {class: "hero-line"}, el("strong", {}, "Search"), el("span", {class: "path"}, foreign(search.data))),
      el("h1", {id: "verdict"}, foreign(search.sentence)),
      el("p", {class: "what"}, "Images are compared by the cosine of their features: 1 is the same direction. Which figures are close depends on the network; compare them within this page. Features are of ",
        el("span", {class: "path"}, foreign(search.model)), "."),
      searchTiles(search)),
    section("nearest", "The nearest images", "Nearest first. What is framed is the same picture as the one asked for, or a copy of it.",
      el("div", {class: "stack"}, search.queries.map(queryCard))),
  ]);
  document.getElementById("footer").append(el("p", {},
    `Written ${document.lastModified}. This file is complete in itself and asks the network for nothing.`));
  startTheme();
}

startSearch();
