// A matrix as a heat map: names at its edges, and the cell under the pointer or the arrow keys in words.

// As report/pictures/canvas.cpp: the lightness rises evenly.
const HEAT = [[8, 6, 30], [70, 16, 110], [150, 38, 108], [222, 82, 62], [250, 160, 44], [252, 250, 178]];

function heatColour(share) {
  const place = Math.min(1, Math.max(0, share)) * (HEAT.length - 1);
  const low = Math.min(Math.floor(place), HEAT.length - 2);
  const mixed = HEAT[low].map((value, i) => Math.round(value + (place - low) * (HEAT[low + 1][i] - value)));
  return `rgb(${mixed.join(" ")})`;
}

class MatrixView {
  constructor(matrix) {
    this.matrix = matrix;
    const known = matrix.values.filter(isNumber);
    this.low = matrix.low ?? lowestOf(known);
    this.range = Math.max((matrix.high ?? highestOf(known)) - this.low, 1e-12);
    this.current = -1;
    const what = [matrix.row_title, matrix.column_title].filter(Boolean).join(" by ") || "Matrix";
    this.canvas = el("canvas", {tabindex: "0", role: "img", "aria-label":
      `${what}: ${matrix.rows.length} × ${matrix.columns.length} cells, ${known.length > 0 ? `from ${significant(lowestOf(known))} to ${significant(highestOf(known))}` : "without values"}. Arrow keys go from cell to cell.`});
    this.tip = el("div", {class: "map-tip", role: "status"});
    this.tip.hidden = true;
    this.frame = el("div", {class: "map-frame matrix"}, this.canvas, this.tip);
    this.listen();
    onThemeChange(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.frame);
  }

  listen() {
    const over = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const column = Math.floor((event.clientX - box.left - this.left) / this.cell);
      const row = Math.floor((event.clientY - box.top - this.top) / this.cell);
      const inside = column >= 0 && row >= 0 && column < this.matrix.columns.length && row < this.matrix.rows.length;
      this.show(inside ? row * this.matrix.columns.length + column : -1);
    };
    this.canvas.addEventListener("pointermove", over);
    this.canvas.addEventListener("pointerdown", over);
    this.canvas.addEventListener("pointerleave", () => this.show(-1));
    this.canvas.addEventListener("blur", () => this.show(-1));
    this.canvas.addEventListener("keydown", (event) => {
      const columns = this.matrix.columns.length;
      const step = {ArrowRight: 1, ArrowDown: columns, ArrowLeft: -1, ArrowUp: -columns}[event.key];
      if (event.key === "Escape") this.show(-1);
      if (!step) return;
      event.preventDefault();
      const next = this.current < 0 ? 0 : this.current + step;
      if (next >= 0 && next < this.matrix.values.length) this.show(next);
    });
  }

  // Names take up to a third of the width, where cells are large enough for them.
  measure(context) {
    const {rows, columns} = this.matrix;
    const longest = (names) => Math.ceil(highestOf([0, ...names.map((name) => context.measureText(name).width)])) + 8;
    const names = Math.min(longest(rows), Math.floor(this.width / 3));
    this.cell = Math.min(44, (this.width - names) / columns.length);
    this.named = this.cell >= 11;
    if (!this.named) this.cell = Math.min(44, this.width / columns.length);
    this.left = this.named ? names : 0;
    this.top = this.named ? Math.min(longest(columns), 110) : 0;
  }

  draw() {
    const {rows, columns, values} = this.matrix;
    this.width = this.frame.clientWidth;
    if (this.width === 0 || values.length === 0) return;
    const context = this.canvas.getContext("2d");
    const font = `11px ${getComputedStyle(document.body).fontFamily}`;
    context.font = font;
    this.measure(context);
    const height = Math.ceil(this.top + rows.length * this.cell);
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = this.width * ratio;
    this.canvas.height = height * ratio;
    this.canvas.style.height = `${height}px`;
    context.scale(ratio, ratio);
    context.font = font;
    context.textBaseline = "middle";
    values.forEach((value, i) => this.drawCell(context, i, value));
    if (this.named) this.drawNames(context);
    if (this.current >= 0) this.mark(context);
  }

  place(index) {
    const columns = this.matrix.columns.length;
    return [this.left + (index % columns) * this.cell, this.top + Math.floor(index / columns) * this.cell];
  }

  drawCell(context, index, value) {
    const [x, y] = this.place(index);
    const share = (value - this.low) / this.range;
    const gap = this.cell > 8 ? 1 : 0;
    context.fillStyle = isNumber(value) ? heatColour(share) : cssColour("--soft");
    context.fillRect(x, y, this.cell - gap, this.cell - gap);
    if (this.cell < 30 || !isNumber(value)) return;
    context.fillStyle = share > 0.6 ? "#000000" : "#ffffff";
    context.textAlign = "center";
    context.fillText(significant(value, 3), x + this.cell / 2, y + this.cell / 2, this.cell - 4);
  }

  drawNames(context) {
    const {rows, columns} = this.matrix;
    context.fillStyle = cssColour("--muted");
    context.textAlign = "right";
    rows.forEach((name, i) => context.fillText(name, this.left - 6, this.top + (i + 0.5) * this.cell, this.left - 8));
    context.textAlign = "left";
    columns.forEach((name, i) => {
      context.save();
      context.translate(this.left + (i + 0.5) * this.cell, this.top - 6);
      context.rotate(-Math.PI / 2);
      context.fillText(name, 0, 0, this.top - 8);
      context.restore();
    });
  }

  mark(context) {
    const [x, y] = this.place(this.current);
    context.strokeStyle = cssColour("--accent");
    context.lineWidth = 2;
    context.strokeRect(x, y, this.cell - 1, this.cell - 1);
  }

  show(index) {
    if (index === this.current) return;
    this.current = index;
    this.draw();
    this.tip.hidden = index < 0;
    if (index < 0) return;
    const {rows, columns, row_title, column_title, values} = this.matrix;
    const named = (title, name) => el("div", {}, title && [foreign(title), ": "], foreign(name));
    this.tip.replaceChildren(el("div", {}, el("strong", {}, significant(values[index], 5))),
      named(row_title, rows[Math.floor(index / columns.length)]), named(column_title, columns[index % columns.length]));
    const [x, y] = this.place(index);
    const right = x > this.width / 2;
    this.tip.style.left = right ? "auto" : `${x + this.cell + 6}px`;
    this.tip.style.right = right ? `${this.width - x + 6}px` : "auto";
    this.tip.style.top = `${y}px`;
  }
}

function matrixExhibit(matrix) {
  if (matrix.values.length === 0) return null;
  const {row_title, column_title} = matrix;
  return [(row_title || column_title) && el("p", {class: "small"}, row_title && ["Rows: ", foreign(row_title), ". "],
    column_title && ["Columns: ", foreign(column_title), "."]), new MatrixView(matrix).frame];
}
