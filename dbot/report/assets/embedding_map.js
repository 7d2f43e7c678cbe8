// Samples as points of a plane: similar ones lie close together. Hovering, tapping or the arrow
// keys show which is which.

// The thumbnails of a map, cut out of their one picture.
class Thumbnails {
  constructor(map) {
    this.map = map;
    this.waiting = [];
    this.image = null;
    if (!map.atlas) return;
    const image = new Image();
    image.addEventListener("load", () => {
      this.image = image;
      for (const redraw of this.waiting) redraw();
    });
    image.src = map.atlas;
  }

  // Calls at once if the picture is there, else when it has come.
  whenReady(redraw) {
    if (this.image) redraw();
    else this.waiting.push(redraw);
  }

  draw(context, index, x, y, size) {
    const side = this.map.thumbnail_size;
    if (!this.image || !(side > 0) || !(this.map.columns > 0)) return false;
    const left = (index % this.map.columns) * side;
    const top = Math.floor(index / this.map.columns) * side;
    context.imageSmoothingEnabled = size < side;
    context.drawImage(this.image, left, top, side, side, x, y, size, size);
    return true;
  }

  // A canvas of its own for one sample.
  picture(index, label) {
    const side = Math.max(1, Math.min(256, this.map.thumbnail_size));
    const canvas = el("canvas", {width: side, height: side, role: "img", "aria-label": label});
    this.whenReady(() => this.draw(canvas.getContext("2d"), index, 0, 0, side));
    return canvas;
  }
}

const thumbnailsOfMaps = new Map();

function thumbnailsOf(map) {
  if (!thumbnailsOfMaps.has(map)) thumbnailsOfMaps.set(map, new Thumbnails(map));
  return thumbnailsOfMaps.get(map);
}

function className(map, label) {
  if (label < 0) return "unlabelled";
  const name = map.classes[label] ?? String(label);
  return /^\d+$/.test(name) ? `class ${name}` : name;
}

// Corners of a mark of radius 1; a disc has none.
const MARKS = [
  null,
  [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
  [[0, -1.2], [1.1, 0.8], [-1.1, 0.8]],
  [[0, -1.3], [1.1, 0], [0, 1.3], [-1.1, 0]],
];

function drawMark(context, label, x, y, radius) {
  const corners = MARKS[classShape(label)];
  context.beginPath();
  if (corners) corners.forEach(([dx, dy]) => context.lineTo(x + dx * radius, y + dy * radius));
  else context.arc(x, y, radius, 0, 2 * Math.PI);
  context.closePath();
  context.fillStyle = classColour(label);
  context.fill();
}

// The mark of a class beside its name.
function markPicture(label) {
  const canvas = el("canvas", {class: "mark", width: 24, height: 24, "aria-hidden": "true", "data-class": label});
  drawMark(canvas.getContext("2d"), label, 12, 12, 9);
  return canvas;
}

class EmbeddingMap {
  constructor(map, name) {
    this.map = map;
    this.thumbnails = thumbnailsOf(map);
    this.bounds = [0, 1].map((axis) => {
      const values = map.points.map((point) => point[axis]);
      const low = values.reduce((a, b) => Math.min(a, b), Infinity);
      const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
      return [low, Math.max(high - low, 1e-9)];
    });
    // Colours of classes say most; where there are none, the pictures do.
    this.asThumbnails = Boolean(map.atlas) && new Set(map.points.map((point) => point[2])).size < 2;
    this.only = null;  // the one class that is shown, if one was chosen
    this.current = -1;
    this.canvas = el("canvas", {tabindex: "0", role: "img",
      "aria-label": `${name}: ${plural(map.points.length, "sample")} as points of a plane. Arrow keys go from sample to sample.`});
    this.tip = el("div", {class: "map-tip", role: "status"});
    this.tip.hidden = true;
    this.frame = el("div", {class: "map-frame"}, this.canvas, this.tip);
    this.listen();
    onThemeChange(() => this.draw());
    this.thumbnails.whenReady(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.frame);
  }

  listen() {
    const over = (event) => {
      const box = this.canvas.getBoundingClientRect();
      this.show(this.nearest(event.clientX - box.left, event.clientY - box.top));
    };
    this.canvas.addEventListener("pointermove", over);
    this.canvas.addEventListener("pointerdown", over);
    this.canvas.addEventListener("pointerleave", () => this.show(-1));
    this.canvas.addEventListener("blur", () => this.show(-1));
    this.canvas.addEventListener("keydown", (event) => {
      const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
      if (event.key === "Escape") this.show(-1);
      if (!step) return;
      event.preventDefault();
      const count = this.map.points.length;
      this.show((this.current + step + count) % count);
    });
  }

  place(index) {
    const [x, y] = this.bounds.map(([low, range], axis) => (this.map.points[index][axis] - low) / range);
    const margin = 24;
    return [margin + x * (this.width - 2 * margin), margin + (1 - y) * (this.height - 2 * margin)];
  }

  isShown(index) {
    return this.only === null || this.map.points[index][2] === this.only;
  }

  nearest(x, y) {
    let best = -1;
    let distance = 24 ** 2;
    for (let i = 0; i < this.map.points.length; ++i) {
      if (!this.isShown(i)) continue;
      const [px, py] = this.place(i);
      const squared = (px - x) ** 2 + (py - y) ** 2;
      if (squared < distance) {
        best = i;
        distance = squared;
      }
    }
    return best;
  }

  draw() {
    this.width = this.frame.clientWidth;
    if (this.width === 0) return;
    this.height = Math.round(Math.min(560, Math.max(300, this.width * 0.62)));
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = this.width * ratio;
    this.canvas.height = this.height * ratio;
    this.canvas.style.height = `${this.height}px`;
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const size = this.width < 500 ? 18 : 26;
    for (let i = 0; i < this.map.points.length; ++i) {
      if (!this.isShown(i)) continue;
      const [x, y] = this.place(i);
      if (this.asThumbnails && this.thumbnails.draw(context, i, x - size / 2, y - size / 2, size)) continue;
      this.dot(context, i, x, y, this.width < 500 ? 3.5 : 5);
    }
    if (this.current >= 0) this.mark(context);
  }

  dot(context, index, x, y, radius) {
    drawMark(context, this.map.points[index][2], x, y, radius);
    context.strokeStyle = cssColour("--page");
    context.lineWidth = 1;
    context.stroke();
  }

  mark(context) {
    const [x, y] = this.place(this.current);
    context.beginPath();
    context.arc(x, y, this.asThumbnails ? 17 : 8, 0, 2 * Math.PI);
    context.strokeStyle = cssColour("--ink");
    context.lineWidth = 2;
    context.stroke();
  }

  show(index) {
    if (index === this.current) return;
    this.current = index;
    this.draw();
    this.tip.hidden = index < 0;
    if (index < 0) return;
    const [, , label, name] = this.map.points[index];
    this.tip.replaceChildren(
      this.map.atlas ? this.thumbnails.picture(index, "") : "",
      el("div", {}, el("strong", {}, foreign(className(this.map, label)))),
      el("div", {class: "path"}, foreign(name)));
    const [x, y] = this.place(index);
    const right = x > this.width / 2;
    this.tip.style.left = right ? "auto" : `${x + 14}px`;
    this.tip.style.right = right ? `${this.width - x + 14}px` : "auto";
    this.tip.style.top = `${Math.max(0, Math.min(this.height - 140, y - 60))}px`;
  }

  toolbar() {
    const button = this.map.atlas && toggleButton("Thumbnails", this.asThumbnails, () => {
      this.asThumbnails = !this.asThumbnails;
      button.setAttribute("aria-pressed", String(this.asThumbnails));
      this.draw();
    });
    return button;
  }

  // Class names that show their samples alone when pressed.
  legend() {
    const labels = [...new Set(this.map.points.map((point) => point[2]))].sort((a, b) => a - b);
    if (labels.length < 2 || labels.length > 40) return null;
    const list = el("div", {class: "row"});
    const draw = () => list.replaceChildren(...labels.map((label) => {
      const button = toggleButton("", this.only === label, () => {
        this.only = this.only === label ? null : label;
        this.show(-1);
        draw();
        this.draw();
      });
      return append(button, [markPicture(label), " ", foreign(className(this.map, label))]);
    }));
    onThemeChange(draw);
    draw();
    return el("div", {class: "legend map-legend"}, list);
  }
}

function mapCard(map, title) {
  const view = new EmbeddingMap(map, title);
  return el("div", {class: "card map"},
    el("div", {class: "toolbar"}, el("h3", {}, title), view.toolbar()),
    view.frame, view.legend());
}
