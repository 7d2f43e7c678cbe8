// The answer first: does it work, what was run, and what to look at.

const STATES = {
  running: "running", finished: "finished", stopped: "stopped before its end", empty: "not begun",
};

function figuresOf(run) {
  const {progress, evaluations, facts: known} = run;
  const tiles = [];
  const trained = evaluations.filter((e) => e.moment !== "pixels" && e.moment !== "start");
  const start = startOf(run);
  for (const protocol of ["classifier", "linear", "knn"]) {
    const value = bestAccuracy(trained.at(-1), protocol);
    if (!isNumber(value)) continue;
    const before = bestAccuracy(start, protocol);
    tiles.push([`${protocolTitle(protocol)} accuracy`, accuracy(value),
      isNumber(before) ? [foreign(shortLabel(start.label)), ` ${accuracy(before)}`] : foreign(trained.at(-1).label)]);
  }
  const stage = run.stages.at(-1);
  tiles.push(["Loss, last 50 steps", significant(progress.loss),
    stage ? `began stage ${stage.stage} at ${significant(stage.first_loss)}` : ""]);
  tiles.push(["Steps", wholeNumber(progress.step),
    progress.total_steps ? `of ${wholeNumber(progress.total_steps)} planned` : ""]);
  tiles.push(["Images seen", compact(progress.images_seen),
    progress.epoch ? `${significant(progress.epoch, 3)} × the data set` : ""]);
  tiles.push(["Images per second", significant(progress.images_per_second, 3),
    known.compute?.device ? `${known.compute.device}, ${known.compute.precision ?? ""}` : ""]);
  tiles.push(["Training time", duration(progress.seconds),
    progress.skipped_steps ? `${plural(progress.skipped_steps, "step")} skipped` : ""]);
  return tiles;
}

function tiles(run) {
  return el("dl", {class: "tiles"}, figuresOf(run).map(([name, value, more]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value, more && el("small", {}, more)))));
}

function verdictWord(kind) {
  return {yes: "works", partly: "partly", no: "needs attention", too_early: "too early"}[kind];
}

// What a stage predicts, counted from 1: "pixels", "teacher". Older runs: the recipe's for all.
function targetOf(run, stage) {
  const targets = run.facts.objective?.targets;
  return targets?.[Math.min(stage, targets.length) - 1] ?? run.recipe.entries["objective.target"]?.replaceAll('"', "");
}

// Of the stages that are planned.
function targetsOf(run) {
  return Array.from({length: Math.max(1, run.progress.planned_stages)}, (_, i) => targetOf(run, i + 1));
}

// What was run, as one sentence.
function description(run) {
  const {facts: known, recipe, progress} = run;
  const targets = targetsOf(run);
  const pixels = targets.every((target) => target === "pixels"), mixed = new Set(targets).size > 1;
  const kind = recipe.entries["method.kind"]?.replaceAll('"', "");
  const parts = [kind ? `A run of the system ${kind}` : mixed ? `Masked learning in ${targets.length} stages, whose students predict ${targets.map((target) => target === "pixels" ? "pixels" : "a teacher's features").join(", then ")}; each begins anew, and the teacher is the student of the stage before`
    : pixels ? "Masked autoencoding (MAE): the network rebuilds hidden parts of images"
    : "Masked distillation (dBOT): a student sees part of each image and predicts what a frozen teacher sees in all of it"];
  if (progress.planned_stages > 1 && !mixed) parts.push(`, in ${progress.planned_stages} stages; each begins anew with the last student as its teacher`);
  const on = [];
  if (known.data?.images) on.push(` ${plural(known.data.images, "image")}`);
  if (known.machine?.processor) on.push(` with ${known.machine.processor}`);
  if (known.compute?.threads) on.push(`, ${plural(known.compute.threads, "thread")}`);
  return [parts.join(""), ".", on.length > 0 && [" Trained on", on.map((text) => foreign(text)), "."]];
}

function adviceCard(advice) {
  return el("article", {class: `card advice ${advice.severity}`, id: `advice-${advice.id}`},
    el("header", {}, el("h3", {}, advice.title), el("span", {class: `chip ${advice.severity}`}, advice.severity)),
    el("p", {}, advice.seen),
    el("p", {class: "small"}, advice.why),
    advice.todo && el("p", {class: "todo"}, el("b", {}, "What to do: "), advice.todo));
}

function adviceList(run) {
  const findings = run.advice.filter((advice) => advice.severity !== "good");
  const passed = run.advice.filter((advice) => advice.severity === "good");
  return el("div", {class: "stack"},
    findings.map(adviceCard),
    findings.length === 0 && run.advice.length > 0 && el("p", {class: "card"}, "Nothing stands out: every check that could be made has passed."),
    run.advice.length === 0 && el("p", {class: "card"}, "There is nothing to check yet."),
    passed.length > 0 && el("details", {class: "card"},
      el("summary", {}, `${plural(passed.length, "check")} passed`),
      el("ul", {class: "passed"}, passed.map((advice) =>
        el("li", {}, el("b", {}, advice.title), el("span", {}, advice.seen))))));
}

function oneRunHead(run) {
  return el("div", {class: "hero"},
    el("p", {class: "hero-line"},
      el("strong", {}, foreign(run.name)),
      el("span", {class: `chip ${run.verdict.kind}`}, verdictWord(run.verdict.kind)),
      el("span", {}, STATES[run.state])),
    el("h1", {id: "verdict"}, foreign(run.verdict.sentence)),
    el("p", {class: "what"}, description(run)),
    tiles(run));
}

// The colour of a run in every chart.
function runMark(run) {
  const mark = el("span", {class: "swatch dot", "aria-hidden": "true"});
  onThemeChange(() => { mark.style.background = run.reference ? cssColour("--muted") : seriesColour(run.index); });
  return mark;
}

function overview(runs) {
  const head = runs.length === 1 ? oneRunHead(runs[0]) : manyRunsHead(runs);
  const lead = "Checks of the figures of this run: what was seen, why it matters, and what to do about it.";
  return [head, section("advice", "What to look at", lead, runs.length === 1
    ? adviceList(runs[0])
    : el("div", {class: "columns"}, runs.map((run) => el("div", {class: "stack"},
      el("h3", {class: "hero-line"}, runMark(run), foreign(run.title)), adviceList(run)))))];
}
