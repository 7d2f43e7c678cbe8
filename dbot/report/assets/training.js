// The course of training: one point a step, or the extremes of groups of steps in long runs.

const CURVES = {
  loss: {
    title: "Loss", log: true, smooth: true, format: significant,
    note: "How far predictions are from their targets; lower is better. Each stage has a new student and new targets: compare within a stage only.",
  },
  learning_rate: {
    title: "Learning rate", format: (v) => significant(v, 3), fromZero: true,
    note: "How large a step the optimizer takes: a linear warm-up, then half a cosine down, in each stage.",
  },
  gradient_norm: {
    title: "Gradient norm", log: true, smooth: true, format: (v) => significant(v, 3),
    note: "The size of the gradient before clipping. It should settle; a steady rise comes before divergence.",
  },
  images_per_second: {
    title: "Images per second", smooth: true, format: compact, fromZero: true,
    note: "Images of a step by its time, waiting for data included.",
  },
  data_wait_fraction: {
    title: "Waiting for data", smooth: true, format: percent, fromZero: true, yMax: 0.1,
    note: "Share of each step spent waiting for images. Above 20 %, loading is the limit.",
  },
  batches_ready: {
    title: "Batches ready", smooth: true, format: (v) => significant(v, 2), fromZero: true,
    note: "Batches that lay ready when a step asked for one. Near zero, loading is the limit or about to be.",
  },
};

function stageMarksOf(run) {
  return run.progress.stage_begin.slice(1, -1).map((x, i) => ({x, label: `stage ${i + 2}`}));
}

// Marks of several runs only where they agree.
function sharedStages(runs) {
  const all = runs.map((run) => JSON.stringify(stageMarksOf(run)));
  return all.every((marks) => marks === all[0]) ? stageMarksOf(runs[0]) : [];
}

function curveChart(name, look, runs) {
  const shown = runs.filter((run) => run.curves[name]?.points.some(([, y]) => isNumber(y)));
  if (shown.length === 0) return null;
  const stride = Math.max(...shown.map((run) => run.curves[name].stride));
  const behind = referenceCurve(runs, name);
  const last = Math.max(...shown.map((run) => run.curves[name].points.at(-1)[0]), ...behind.map(({points}) => points.at(-1)[0]));
  return chart({
    ...look, id: name, xTitle: "step", xMin: 0, xMax: last,
    note: [look.note, stride > 1 && ` Each point is the lowest or highest of ${stride} steps.`,
    ],
    series: [...shown.map((run) => ({
      name: runs.length > 1 ? run.title : look.title.toLowerCase(), colour: run.index,
      points: run.curves[name].points, means: run.curves[name].means, smooth: look.smooth,
      breaks: run.progress.stage_begin.slice(1, -1),
    })), ...behind],
    stages: sharedStages(shown),
    skipped: shown.flatMap((run) => run.progress.skipped),
  });
}

// The levels of predictions that do not look, measured at the newest moment of that stage.
function referencesOf(run, stage, [first, last]) {
  const measured = run.pictures.filter((set) => set.stage === stage && isNumber(set.health.position_loss)).at(-1);
  if (!measured) return [];
  const {position_loss, constant_loss} = measured.health;
  const line = (name, level, dashes) => ({name, points: [[first, level], [last, level]], reference: true, dashed: true, dashes});
  return [
    line("without looking at the image", position_loss, [7, 4]),
    isNumber(constant_loss) && line("constant", constant_loss, [2, 3]),
  ].filter(Boolean);
}

// Of a curve, what lies in a stage. Steps count from 1, so a stage begins behind its first mark.
function withinStage(run, pairs, stage) {
  const begin = run.progress.stage_begin[stage - 1] ?? 0;
  const end = run.progress.stage_begin[stage] ?? Infinity;
  return (pairs ?? []).filter(([x]) => x > begin && x <= end);
}

// Several runs begin their stages at different steps: theirs are counted within the stage.
function shiftedTo(run, pairs, stage) {
  return run.alone ? pairs : pairs.map(([x, y]) => [x - (run.progress.stage_begin[stage - 1] ?? 0), y]);
}

// What the loss chart of a stage shows; null where the stage has no step yet.
function stageLoss(stage, many, runs) {
  const part = (run, pairs) => shiftedTo(run, withinStage(run, pairs, stage), stage);
  const shown = runs.filter((run) => part(run, run.curves.loss?.points).some(([, y]) => isNumber(y)));
  if (shown.length === 0) return null;
  const courses = shown.map((run) => ({
    name: run.alone ? "loss" : run.title, colour: run.index, smooth: true, breaks: [],
    points: part(run, run.curves.loss.points), means: part(run, run.curves.loss.means),
  }));
  const behind = referenceCurve(runs, "loss", stage);
  const ends = [...courses, ...behind].flatMap(({points}) => [points[0][0], points.at(-1)[0]]);
  const span = [lowestOf(ends), highestOf(ends)];
  // Runs of one objective alone have levels in common; one run's are enough to see.
  const references = shown.length === 1 ? referencesOf(shown[0], stage, span) : [];
  const skipped = shown.flatMap((run) => shiftedTo(run, withinStage(run, run.progress.skipped.map((x) => [x, 0]), stage), stage).map(([x]) => x));
  const stride = Math.max(...shown.map((run) => run.curves.loss.stride));
  return {
    ...CURVES.loss, id: `loss-${stage}`, title: many ? `Loss, stage ${stage}` : "Loss",
    xTitle: runs.length > 1 && many ? "step of the stage" : "step", xMin: span[0], xMax: span[1], tall: !many,
    note: [CURVES.loss.note, stride > 1 && ` Each point is the lowest or highest of ${stride} steps.`,
      references.length > 0 && " Dashed: what a prediction reaches that knows only each position's mean, and one that is the same everywhere. Below them the network looks at the image.",
      behind.length > 0 && " Grey: the reference run, in means of its steps.",
      skipped.length > 0 && " Red ticks are skipped steps."],
    series: [...courses, ...references, ...behind], skipped,
  };
}

// Held-out losses of stages with different targets are on scales of their own: one chart a stage.
function heldOutCharts(name, runs) {
  const look = heldOutLook(name);
  if (name !== "validation.loss" || runs.every((run) => new Set(targetsOf(run)).size < 2)) return [curveChart(name, look, runs)];
  const stages = Math.max(...runs.map((run) => run.progress.stage_begin.length - 1));
  return Array.from({length: stages}, (_, i) => i + 1).map((stage) => {
    const part = (run, pairs) => shiftedTo(run, withinStage(run, pairs, stage), stage);
    const shown = runs.filter((run) => part(run, run.curves[name]?.points).some(([, y]) => isNumber(y)));
    const points = shown.map((run) => part(run, run.curves[name].points));
    const ends = points.flatMap((pairs) => [pairs[0][0], pairs.at(-1)[0]]);
    return shown.length > 0 && chart({
      ...look, id: `${name}-${stage}`, title: `${look.title}, stage ${stage}`,
      xTitle: runs.length > 1 ? "step of the stage" : "step", xMin: lowestOf(ends), xMax: highestOf(ends),
      series: shown.map((run, i) => ({name: run.alone ? "loss" : run.title, colour: run.index, points: points[i],
        means: part(run, run.curves[name].means), breaks: []})),
    });
  }).filter(Boolean);
}

// One chart a stage: each has a scale of its own.
function lossCharts(runs) {
  const stages = Math.max(1, ...runs.map((run) => run.progress.stage_begin.length - 1));
  const numbers = Array.from({length: stages}, (_, i) => i + 1);
  const many = runs.some((run) => run.progress.planned_stages > 1) || stages > 1;
  const specs = numbers.map((stage) => stageLoss(stage, many, runs)).filter(Boolean);
  // Scales of one kind, so that the eye can go from stage to stage.
  const logarithmic = specs.some(({series}) => wantsLogarithm(series)) && specs.every(({series}) => lowestOf(series.flatMap(valuesOf)) > 0);
  return specs.map((spec) => chart({...spec, logarithmic}));
}

function memoryChart(runs) {
  const shown = runs.filter((run) => run.stages.some((stage) => isNumber(stage.peak_memory_bytes)));
  if (shown.length === 0) return null;
  const count = Math.max(...shown.map((run) => run.stages.at(-1).stage));
  const labels = Array.from({length: count}, (_, i) => `stage ${i + 1}`);
  return chart({
    id: "memory", title: "Peak memory", format: bytes, labels,
    note: "The most memory the process had taken by the end of each stage.",
    series: shown.map((run) => ({
      name: runs.length > 1 ? run.title : "peak memory", colour: run.index,
      values: labels.map((_, i) => run.stages.find((stage) => stage.stage === i + 1)?.peak_memory_bytes ?? null),
    })),
  });
}

// A figure of held-out samples, one point a validation.
function heldOutLook(name) {
  return {
    title: `Held-out ${words(name.slice("validation.".length))}`, format: significant,
    note: "On samples that are not trained on, at each validation.",
  };
}

// A further figure of the method, of which the page knows no more than its name.
function ownLook(name) {
  return {
    title: titleCase(words(name.slice("scalars.".length))), smooth: true, format: significant,
    note: "A further figure of the method, the mean over a step's micro-batches.",
  };
}

function trainingSection(runs) {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.curves)))];
  const own = names.filter((name) => name.startsWith("scalars."));
  const heldOut = names.filter((name) => name.startsWith("validation."));
  const losses = lossCharts(runs);
  const others = Object.keys(CURVES).filter((name) => name !== "loss")
    .map((name) => curveChart(name, CURVES[name], runs))
    .concat(memoryChart(runs), rankChart(runs),
      heldOut.flatMap((name) => heldOutCharts(name, runs)),
      own.map((name) => curveChart(name, ownLook(name), runs)))
    .filter(Boolean);
  if (losses.length === 0 && others.length === 0) return null;
  return section("training", "Training",
    "One point for each optimizer step, and a line through their mean. A healthy run has a loss that falls, a gradient that settles and a processor that never waits.",
    el("div", {class: "stack"},
      losses.length > 0 && el("div", {class: losses.length > 1 ? "grid" : "stack"}, losses),
      el("div", {class: "grid"}, others)));
}
