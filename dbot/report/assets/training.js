// The course of training: one point a step, or the extremes of groups of steps in long runs.

const CURVES = {
  loss: {
    title: "Loss", log: true, smooth: true, format: significant, tall: true,
    note: "How far predictions are from their targets; lower is better. It jumps where a stage begins, since target and student are new: compare within a stage only.",
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
  const last = Math.max(...shown.map((run) => run.curves[name].points.at(-1)[0]));
  return chart({
    ...look, id: name, xTitle: "step", xMin: 0, xMax: last,
    note: [look.note, stride > 1 && ` Each point is the lowest or highest of ${stride} steps.`,
      name === "loss" && shown.some((run) => run.progress.skipped_steps > 0) && " Red ticks are skipped steps."],
    series: shown.map((run) => ({
      name: runs.length > 1 ? run.title : look.title.toLowerCase(), colour: run.index,
      points: run.curves[name].points, means: run.curves[name].means, smooth: look.smooth,
      breaks: run.progress.stage_begin.slice(1, -1),
    })),
    stages: sharedStages(shown),
    skipped: shown.flatMap((run) => run.progress.skipped),
  });
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

// A further figure of the method, of which the page knows no more than its name.
function ownLook(name) {
  return {
    title: titleCase(words(name.slice("scalars.".length))), smooth: true, format: significant,
    note: "A further figure of the method, the mean over a step's micro-batches.",
  };
}

function trainingSection(runs) {
  const own = [...new Set(runs.flatMap((run) => Object.keys(run.curves)))].filter((name) => name.startsWith("scalars."));
  const loss = curveChart("loss", CURVES.loss, runs);
  const others = Object.keys(CURVES).filter((name) => name !== "loss")
    .map((name) => curveChart(name, CURVES[name], runs))
    .concat(memoryChart(runs),
      own.map((name) => curveChart(name, ownLook(name), runs)))
    .filter(Boolean);
  if (!loss && others.length === 0) return null;
  return section("training", "Training",
    "One point for each optimizer step, and a line through their mean. A healthy run has a loss that falls, a gradient that settles and a processor that never waits.",
    el("div", {class: "stack"}, loss, el("div", {class: "grid"}, others)));
}
