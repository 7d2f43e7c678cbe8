// What the frozen features are worth: accuracies over time, and teacher against student.

function rowsOf(evaluation, protocol) {
  return evaluation ? evaluation.results.filter((row) => row.protocol === protocol) : [];
}

// Of the kinds of features, the best one counts.
function bestAccuracy(evaluation, protocol) {
  const values = rowsOf(evaluation, protocol).map((row) => row.top1).filter(isNumber);
  return values.length > 0 ? Math.max(...values) : undefined;
}

// Cells of a grid know where they are, as raw pixels do; a mean over the image does not. So a grid is
// compared by itself: "" stands for all features of the whole image.
function gridOf(features) {
  return features.startsWith("grid:") ? features : "";
}

function gridsOf(run) {
  const kinds = networkEvaluations(run).flatMap((e) => e.results.map((row) => row.features));
  return kinds.length > 0 ? [...new Set(kinds.map(gridOf))] : [""];
}

function bestOfGrid(evaluation, protocol, grid) {
  const values = rowsOf(evaluation, protocol)
    .filter((row) => row.features === "pixels" || gridOf(row.features) === grid)
    .map((row) => row.top1).filter(isNumber);
  return values.length > 0 ? Math.max(...values) : undefined;
}

// "mean", or "cls or mean" where both were evaluated.
function wholeImageTitle(run, protocol) {
  const rows = networkEvaluations(run).flatMap((e) => rowsOf(e, protocol));
  return [...new Set(rows.map((row) => row.features).filter((kind) => !gridOf(kind)))].join(" or ");
}

function protocolsOf(runs) {
  return [...new Set(runs.flatMap((run) => run.evaluations.flatMap((e) => e.results.map((row) => row.protocol))))];
}

function networkEvaluations(run) {
  return run.evaluations.filter((evaluation) => evaluation.moment !== "pixels");
}

function pixelsOf(run) {
  return run.evaluations.find((evaluation) => evaluation.moment === "pixels");
}

// What the run began with.
function startOf(run) {
  return run.evaluations.find((evaluation) => evaluation.moment === "start");
}

function stageEnd(run, stage) {
  return run.evaluations.find((evaluation) => evaluation.moment === "stage" && evaluation.stage === stage);
}

function shortLabel(label) {
  return label.replace(" network", "");
}

// A new stage begins with a new student: no line leads there.
function newStageDash(evaluations) {
  return {borderDash: (context) => evaluations[context.p1DataIndex]?.stage !== evaluations[context.p0DataIndex]?.stage && context.p0DataIndex > 0 ? [3, 4] : undefined};
}

function oneRunSeries(run, protocol) {
  const evaluations = networkEvaluations(run);
  const kinds = [...new Set(evaluations.flatMap((e) => rowsOf(e, protocol).map((row) => row.features)))];
  const series = kinds.map((kind, i) => {
    const with_kind = evaluations.filter((e) => rowsOf(e, protocol).some((row) => row.features === kind));
    return {
      name: kinds.length > 1 ? `${featureTitle(kind)} features` : "network", colour: i, marks: true, segment: newStageDash(with_kind),
      points: with_kind.map((e) => [e.step, rowsOf(e, protocol).find((row) => row.features === kind).top1]),
    };
  });
  const pixels = bestAccuracy(pixelsOf(run), protocol);
  const last = Math.max(1, ...evaluations.map((e) => e.step));
  if (isNumber(pixels)) series.push({name: "raw pixels", colour: kinds.length + 1, dashed: true, points: [[0, pixels], [last, pixels]]});
  return series;
}

function runSeries(run, protocol) {
  const evaluations = networkEvaluations(run).filter((e) => isNumber(bestAccuracy(e, protocol)));
  return {
    name: run.title, colour: run.index, marks: true, segment: newStageDash(evaluations),
    points: evaluations.map((e) => [e.step, bestAccuracy(e, protocol)]),
  };
}

function accuracyChart(protocol, runs) {
  const series = (runs.length === 1 ? oneRunSeries(runs[0], protocol) : runs.map((run) => runSeries(run, protocol)))
    .concat(referenceAccuracies(runs, protocol)).filter((one) => one.points.some(([, y]) => isNumber(y)));
  if (series.length === 0) return null;
  const notes = {
    knn: "Each test image gets the label of its nearest training images by their features; nothing is trained.",
    classifier: "What the trained network itself says of the test images.",
    linear: "One linear layer is trained on the frozen features.",
  };
  return chart({id: `accuracy-${protocol}`, title: `${protocolTitle(protocol)} top-1 accuracy`, series,
    format: accuracy, tick: (v) => `${significant(v, 3)} %`, xTitle: "step", xMin: 0, note: notes[protocol],
    stages: sharedStages(runs)});
}

function figureOf(row, name) {
  return (row?.figures ?? []).find(([own]) => own === name)?.[1];
}

// [protocol, features, name] of each further figure, as they come.
function furtherFigures(runs) {
  const seen = new Map();
  for (const e of runs.flatMap((run) => run.evaluations)) {
    for (const row of e.results) {
      for (const [name] of row.figures) seen.set(JSON.stringify([row.protocol, row.features, name]), [row.protocol, row.features, name]);
    }
  }
  return [...seen.values()];
}

function rowAt(evaluation, protocol, features) {
  return rowsOf(evaluation, protocol).find((row) => row.features === features);
}

// A figure of a protocol over time: a line for each kind of features, of each run.
function figureChart(protocol, name, runs, number) {
  const kinds = furtherFigures(runs).filter(([p, , n]) => p === protocol && n === name).map(([, features]) => features);
  const series = runs.flatMap((run) => kinds.map((features) => {
    const evaluations = networkEvaluations(run).filter((e) => isNumber(figureOf(rowAt(e, protocol, features), name)));
    return {name: [runs.length > 1 && run.title, kinds.length > 1 && `${features} features`].filter(Boolean).join(", ") || "network",
      colour: run.alone ? kinds.indexOf(features) : run.index, marks: true, dashed: !run.alone && kinds.indexOf(features) > 0,
      segment: newStageDash(evaluations), points: evaluations.map((e) => [e.step, figureOf(rowAt(e, protocol, features), name)])};
  })).filter((one) => one.points.length > 0);
  return series.length === 0 ? null : chart({id: `figure-${number}`, title: `${protocolTitle(protocol)} ${name}`, series,
    format: (v) => significant(v, 4), xTitle: "step", xMin: 0, stages: sharedStages(runs)});
}

function figureCharts(runs) {
  const of_protocols = new Map(furtherFigures(runs).map(([protocol, , name]) => [JSON.stringify([protocol, name]), [protocol, name]]));
  return [...of_protocols.values()].map(([protocol, name], i) => figureChart(protocol, name, runs, i)).filter(Boolean);
}

function figuresTable(runs) {
  const columns = furtherFigures(runs);
  if (columns.length === 0) return null;
  const rows = runs.flatMap((run) => run.evaluations.filter((e) => e.results.some((row) => row.figures.length > 0))
    .map((e) => [[!run.alone && [foreign(run.title), ", "], foreign(e.label)],
      ...columns.map(([protocol, features, name]) => significant(figureOf(rowAt(e, protocol, features), name), 4))]));
  const figure = card(table("Further figures of the evaluations", ["Network", ...columns.map(([protocol, features, name]) =>
    [foreign(protocolTitle(protocol)), ", ", foreign(features), el("br"), foreign(name)])], rows));
  figure.id = "figures";
  return figure;
}

// The moments that say most: raw pixels, what a run began with and each stage's end; of a stage that
// goes on, the newest.
function milestonesOf(runs) {
  const shown = runs.flatMap((run) => {
    const newest = networkEvaluations(run).at(-1);
    return run.evaluations.filter((e) => e.moment !== "epoch" || e === newest);
  });
  const labels = new Set(shown.map((e) => e.label));
  // In the order in which they were made.
  return [...new Set(runs.flatMap((run) => run.evaluations.map((e) => e.label)))].filter((label) => labels.has(label));
}

// One row a measure: what it began with, stage 1, stage 2 side by side.
function milestonesTable(runs) {
  const labels = milestonesOf(runs);
  const with_chance = runs.some((run) => isNumber(run.facts.data?.chance));
  const asked = (run) => protocolsOf([run]).flatMap((protocol) => gridsOf(run).map((grid) => [protocol, grid]))
    .filter(([protocol, grid]) => run.evaluations.some((e) => isNumber(bestOfGrid(e, protocol, grid))));
  const rows = runs.flatMap((run) => asked(run).map(([protocol, grid]) => {
    const at = (label) => bestOfGrid(run.evaluations.find((e) => e.label === label), protocol, grid);
    const by_chance = isNumber(run.facts.data?.chance) ? accuracy(run.facts.data.chance) : NOTHING;
    const values = labels.map(at);
    const best = Math.max(...values.filter(isNumber));
    const trained = bestOfGrid(networkEvaluations(run).at(-1), protocol, grid);
    const kind = gridsOf(run).length > 1 ? `, ${grid ? featureTitle(grid) : wholeImageTitle(run, protocol)}` : "";
    const title = protocolTitle(protocol) + kind;
    const name = run.alone ? title : [runMark(run), " ", foreign(run.title), `, ${title}`];
    return [name, ...(with_chance ? [by_chance] : []), ...values.map((value) => ({value: accuracy(value), class: value === best ? "best" : undefined})),
      isNumber(trained) ? change(bestOfGrid(startOf(run), protocol, grid), trained) : NOTHING];
  }));
  if (rows.length === 0) return null;
  const head = ["", ...(with_chance ? ["Chance"] : []), ...labels.map((label) => foreign(titleCase(shortLabel(label)))), "Gained"];
  const figure = card(table("Top-1 accuracy, before and after", head, rows),
    el("p", {class: "small"}, "The best kind of features of each network. Gained: points over what the run began with.",
      with_chance && " Chance: always the largest class.",
      runs.some((run) => gridsOf(run).length > 1) &&
        " Raw pixels know where they are, and so do the cells of a grid; one mean of the whole image does not: compare raw pixels with the grid."));
  figure.id = "milestones";
  return figure;
}

function accuracyTable(runs) {
  const columns = runs.flatMap((run) => {
    const seen = new Map();
    for (const e of networkEvaluations(run).concat(run.evaluations)) {
      for (const row of e.results) {
        // A protocol may have other figures alone.
        if (row.features !== "pixels" && (isNumber(row.top1) || row.figures.length === 0)) seen.set(`${row.protocol} ${row.features}`, [run, row.protocol, row.features]);
      }
    }
    return [...seen.values()];
  });
  if (columns.length === 0) return null;
  const labels = [...new Set(runs.flatMap((run) => run.evaluations.map((e) => e.label)))];
  const valueAt = (label, [run, protocol, features]) => {
    const evaluation = run.evaluations.find((e) => e.label === label);
    const rows = rowsOf(evaluation, protocol);
    const row = rows.find((one) => one.features === features) ?? rows.find((one) => one.features === "pixels");
    return row;
  };
  const best = columns.map((column) => Math.max(...labels.map((label) => valueAt(label, column)?.top1 ?? -1)));
  const head = ["Network", ...columns.map(([run, protocol, features]) =>
    [runs.length > 1 && [foreign(run.title), el("br")], `${protocolTitle(protocol)}, ${featureTitle(features)}`])];
  const rows = labels.map((label) => [foreign(label), ...columns.map((column, i) => {
    const row = valueAt(label, column);
    if (!row) return NOTHING;
    return {value: [accuracy(row.top1), " ", el("small", {}, accuracy(row.top5))], class: row.top1 === best[i] ? "best" : undefined};
  })]);
  return el("details", {class: "card"}, el("summary", {}, "Every evaluation, by kind of features"),
    table("Top-1 accuracy, top-5 beside it", head, rows));
}

// What `dbot evaluate` left in the run's folder: few labels, several seeds.
function laterEvaluations(runs) {
  const spread = (value, points) => (isNumber(points) ? `${accuracy(value)} ± ${points.toFixed(1)}` : accuracy(value));
  const rows = runs.flatMap((run) => (run.later_evaluations ?? []).flatMap((one) => one.results.map((row) => [
    run.alone ? String(one.number) : [runMark(run), " ", foreign(run.title), ` ${one.number}`],
    foreign(String(one.labels ?? "")), plural(Math.max(1, one.seeds?.length ?? 1), "seed"),
    protocolTitle(String(row.protocol)), foreign(featureTitle(String(row.features))),
    isNumber(row.train_samples) ? wholeNumber(row.train_samples) : NOTHING,
    spread(row.top1, row.top1_spread), spread(row.top5, row.top5_spread)])));
  if (rows.length === 0) return null;
  const head = ["", "Labels", "Seeds", "Protocol", "Features", "Images to learn from", "Top-1", "Top-5"];
  const figure = card(table("Evaluations made afterwards", head, rows),
    el("p", {class: "small"}, "Made by dbot evaluate. Of several seeds: mean ± standard deviation in points. The labelled images are named in the folder evaluations."));
  figure.id = "later-evaluations";
  return figure;
}

// [stage, teacher's name, teacher's accuracy, student's accuracy] of each stage that was evaluated.
function generations(run, protocol) {
  const from_file = run.recipe.entries["teacher.init"] === '"file"';
  return run.stages.filter(({stage}) => targetOf(run, stage) !== "pixels").map(({stage}) => {
    const teacher = stage > 1 ? stageEnd(run, stage - 1) : from_file ? undefined : startOf(run);
    const name = stage > 1 ? `student of stage ${stage - 1}` : from_file ? "from a file" : teacher?.label ?? "untrained network";
    return [stage, name, bestAccuracy(teacher, protocol), bestAccuracy(stageEnd(run, stage), protocol)];
  }).filter(([, , , student]) => isNumber(student));
}

function change(teacher, student) {
  if (!isNumber(teacher)) return NOTHING;
  const points = student - teacher, size = Math.abs(points).toFixed(1);
  if (Number(size) === 0) return {value: "0.0", class: ""};
  return {value: `${points > 0 ? "+" : "−"}${size}`, class: points > 0 ? "up" : "down"};
}

function teacherAndStudent(run, protocol) {
  const rows = generations(run, protocol);
  if (rows.length === 0) return null;
  const title = `${protocolTitle(protocol)}: teacher against student${run.alone ? "" : `, ${run.title}`}`;
  const figure = chart({
    id: `stages-${protocol}-${run.index}`, title, format: accuracy, tick: (v) => `${v} %`,
    labels: rows.map(([stage]) => `stage ${stage}`),
    series: [{name: "teacher", colour: run.index, muted: true, values: rows.map((row) => row[2] ?? null)},
      {name: "student", colour: run.index, values: rows.map((row) => row[3])}],
  });
  figure.append(table("", ["Stage", "Teacher", "Student", "Points"], rows.map(([stage, name, teacher, student]) =>
    [[`${stage} `, el("small", {class: "small"}, name)], accuracy(teacher), accuracy(student), change(teacher, student)])));
  return figure;
}

function accuracySection(runs) {
  const later = laterEvaluations(runs);
  if (!later && !runs.some((run) => run.evaluations.length > 0)) return null;
  const protocols = protocolsOf(runs);
  const sample = runs.flatMap((run) => run.evaluations.flatMap((e) => e.results))[0];
  const stages = runs.flatMap((run) => protocols.map((protocol) => teacherAndStudent(run, protocol))).filter(Boolean);
  return section("accuracy", "Accuracy of frozen features",
    `The network is frozen and its features sort labelled images into classes${sample ? ` (${wholeNumber(sample.train_samples)} to learn from, ${wholeNumber(sample.test_samples)} to test)` : ""}. Labels serve this measurement only; training never sees them.`,
    el("div", {class: "stack"},
      milestonesTable(runs),
      el("div", {class: "grid"}, protocols.map((protocol) => accuracyChart(protocol, runs)), figureCharts(runs)),
      figuresTable(runs),
      accuracyTable(runs),
      later,
      stages.length > 0 && [el("p", {class: "lead"}, "In each stage a fresh student learns from a frozen teacher, then becomes the next teacher. Masked distillation works when students come out better than their teachers."),
        el("div", {class: "grid"}, stages)]));
}
