// A reference run of the same recipe, which is drawn behind the curves of one's own.

let reference = null;  // as far as it goes, of the form of a run

function takeReference(stored) {
  if (!stored) return;
  reference = {...stored, title: "reference", reference: true, alone: false, pictures: [],
    recipe: {entries: stored.settings}};
}

// Behind one run alone: several are compared with each other.
function hasReference(runs) {
  return reference !== null && runs.length === 1;
}

// Stages may begin at other steps there: a point keeps its distance from the beginning of its stage.
function ontoRun(run, points) {
  const theirs = reference.progress.stage_begin;
  const ours = run.progress.stage_begin;
  return points.filter(([, y]) => isNumber(y)).map(([x, y]) => {
    const stage = Math.max(0, theirs.slice(1, -1).filter((begin) => x > begin).length);
    return [x - (theirs[stage] ?? 0) + (ours[stage] ?? theirs[stage] ?? 0), y];
  });
}

function referenceSeries(run, points, name = "reference") {
  const moved = ontoRun(run, points ?? []);
  return moved.length === 0 ? [] : [{name, points: moved, reference: true}];
}

// Of a curve of training: nothing where the reference does not have it.
function referenceCurve(runs, name, stage = null) {
  if (!hasReference(runs)) return [];
  const points = reference.curves[name] ?? [];
  return referenceSeries(runs[0], stage === null ? points : withinStage(reference, points, stage));
}

// Accuracies by the kinds of features that this run has, too.
function referenceAccuracies(runs, protocol) {
  if (!hasReference(runs)) return [];
  const [run] = runs;
  const kindsOf = (one) => new Set(networkEvaluations(one).flatMap((e) => rowsOf(e, protocol).map((row) => row.features)));
  const own = kindsOf(run);
  const kinds = [...kindsOf(reference)].filter((kind) => own.has(kind));
  return kinds.flatMap((kind, i) => referenceSeries(run, networkEvaluations(reference).flatMap((e) =>
    rowsOf(e, protocol).filter((row) => row.features === kind).map((row) => [e.step, row.top1])),
  kinds.length > 1 ? `reference, ${featureTitle(kind)}` : "reference").map((series) => ({...series, marks: true, dashed: i > 0, dashes: [2 + 3 * i, 3]})));
}

function rankPoints(run) {
  return run.pictures.filter(({health}) => isNumber(health.effective_rank)).map(({step, health}) => [step, health.effective_rank]);
}

function rankChart(runs) {
  const shown = runs.filter((run) => rankPoints(run).length > 1);
  if (shown.length === 0) return null;
  return chart({id: "rank", title: "Effective rank of features", format: (v) => significant(v, 3), fromZero: true, xTitle: "step", xMin: 0,
    note: "Among how many directions the features of different images are spread. A fall towards one is a collapse.",
    series: [...shown.map((run) => ({name: runs.length > 1 ? run.title : "effective rank", colour: run.index, marks: true, points: rankPoints(run)})),
      ...(hasReference(runs) ? referenceSeries(runs[0], reference.ranks).map((series) => ({...series, marks: true})) : [])],
    stages: sharedStages(shown)});
}

// What it is, in one sentence.
function referenceText() {
  const {facts, settings, progress} = reference;
  const parts = [facts.recipe && ` of ${facts.recipe}`, settings["train.seed"] !== undefined && `, seed ${settings["train.seed"]}`,
    facts.dbot && `, by dbot ${facts.dbot}`, facts.machine?.processor && ` on ${facts.machine.processor}`,
    isNumber(facts.compute?.threads) && ` with ${plural(facts.compute.threads, "thread")}`,
    isNumber(progress.seconds) && `, in ${duration(progress.seconds)} of training`];
  return `A finished run${parts.filter(Boolean).join("")} (${reference.origin}).`;
}

function referenceSection(runs) {
  if (!hasReference(runs)) return null;
  const pair = [reference, runs[0]];
  return section("reference", "Beside the reference run", "What a run of this recipe came to elsewhere. Other data, other settings or another length explain most differences.",
    el("div", {class: "stack"}, el("p", {class: "card"}, foreign(referenceText())), comparedFigures(pair), settingsThatDiffer(pair)));
}
