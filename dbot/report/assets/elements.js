// Building the document. Data only ever become text nodes or attribute values, never markup.

// el("p", {class: "small", onclick: …}, "text", child, [more children])
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

// Foreign text keeps its direction of writing to itself.
function foreign(text) {
  return el("bdi", {}, text);
}

const pageSections = [];

// A section of the page with a heading and what to look for in it; listed in the navigation.
function section(id, title, lead, ...children) {
  pageSections.push({id, title});
  return el("section", {id, "aria-labelledby": `${id}-title`},
    el("h2", {id: `${id}-title`}, title),
    lead && el("p", {class: "lead"}, lead),
    children);
}

function card(...children) {
  return el("div", {class: "card"}, children);
}

// rows: lists of cells; a cell is a text, a node, or {value, class}. The first of a row names it.
function table(caption, head, rows) {
  const cell = (tag, content, attributes = {}) => {
    const rich = content?.constructor === Object;
    return el(tag, {...attributes, class: rich ? content.class : undefined},
      rich ? content.value : content);
  };
  return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
    el("table", {},
      el("caption", {}, caption),
      el("thead", {}, el("tr", {}, head.map((text) => cell("th", text, {scope: "col"})))),
      el("tbody", {}, rows.map((row) => el("tr", {}, row.map((content, i) =>
        cell(i === 0 ? "th" : "td", content, i === 0 ? {scope: "row"} : {})))))));
}

// pairs: [name, value]; those without a value are left out.
function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== NOTHING);
  return known.length === 0 ? null : el("dl", {class: "facts"},
    known.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

let controls = 0;

// Radio buttons drawn as segments; `choose` gets the index.
function segments(label, choices, chosen, choose) {
  const name = `segments-${++controls}`;
  return el("fieldset", {class: "segments", "aria-label": label}, choices.map((choice, i) => {
    const id = `${name}-${i}`;
    const input = el("input", {type: "radio", name, id, onchange: () => choose(i)});
    input.checked = i === chosen;
    return [input, el("label", {for: id}, choice)];
  }));
}

function toggleButton(text, pressed, onclick) {
  return el("button", {type: "button", "aria-pressed": String(pressed), onclick}, text);
}

// Links to the sections; `titles` has shorter ones by id.
function navigation(titles) {
  document.getElementById("sections").append(...pageSections.map(({id, title}) =>
    el("a", {href: `#${id}`}, titles[id] ?? title)));
}

// A command, ready to paste into a shell.
function commandCard({title, command, why}) {
  const code = el("code", {}, command);
  const button = navigator.clipboard && el("button", {type: "button", onclick: async () => {
    await navigator.clipboard.writeText(command).then(() => { button.textContent = "Copied"; }, () => {
      getSelection().selectAllChildren(code);
    });
  }}, "Copy");
  return el("div", {class: "card command"}, el("div", {class: "toolbar"}, el("h3", {}, title), button),
    el("pre", {tabindex: "0"}, code), el("p", {class: "small"}, why));
}
