// Several runs: who is ahead, by how much, and what was done differently. This comes first.

// The protocol that all runs were measured by, on as many test images; null if there is none.
function sharedProtocol(runs) {
  const rowOf = (run, protocol) => rowsOf(networkEvaluations(run).at(-1), protocol).filter((row) => isNumber(row.top1));
  return ["classifier", "linear", "knn"].find((protocol) => {
    const tests = runs.map((run) => rowOf(run, protocol)[0]?.test_samples);
    return tests.every((count) => isNumber(count) && count === tests[0]);
  }) ?? null;
}

// Points that two accuracies may differ by chance: two standard errors of the difference.
function chanceOf(runs, protocol) {
  const count = rowsOf(networkEvaluations(runs[0]).at(-1), protocol)[0].test_samples;
  const variance = runs.map((run) => bestAccuracy(networkEvaluations(run).at(-1), protocol) / 100)
    .map((share) => share * (1 - share) / Math.max(1, count)).reduce((a, b) => a + b, 0);
  return Math.max(0.5, 200 * Math.sqrt(variance));
}

// Losses are of one kind only where the same pixels are predicted by the same rule.
function lossesCompare(runs) {
  const own = /^(objective|mask|data)\.|^stages\.(targets|losses|normalisations)$|^model\.(image_size|patch_size|channels)$/;
  return runs.every((run) => targetOf(run, run.progress.stage) === "pixels" && isNumber(run.progress.loss)) &&
    !differingSettings(runs).some(([key]) => own.test(key));
}

// {order: best first, sentence, more, decided}
function ranking(runs) {
  const protocol = sharedProtocol(runs);
  if (protocol) {
    const value = (run) => bestAccuracy(networkEvaluations(run).at(-1), protocol);
    const order = [...runs].sort((a, b) => value(b) - value(a));
    const [first, second] = order;
    const lead = value(first) - value(second);
    const chance = chanceOf([first, second], protocol);
    const title = protocolTitle(protocol);
    return lead > chance
      ? {order, decided: true, sentence: `${first.title} is ahead: ${title} accuracy ${accuracy(value(first))}, ${lead.toFixed(1)} points above ${second.title}.`,
        more: `Two such figures may differ by ${chance.toFixed(1)} points by chance.`}
      : {order, decided: false, sentence: `Level: ${title} accuracies of ${first.title} and ${second.title} differ by ${lead.toFixed(1)} points.`,
        more: `Differences up to ${chance.toFixed(1)} points may be chance; more test images or further seeds would tell.`};
  }
  if (lossesCompare(runs)) {
    const order = [...runs].sort((a, b) => a.progress.loss - b.progress.loss);
    return {order, decided: true, sentence: `${order[0].title} has the lowest loss: ${significant(order[0].progress.loss)} against ${significant(order[1].progress.loss)}.`,
      more: "All predict the same pixels by the same rule, so their losses compare. Which features are better shows only with labelled images."};
  }
  return {order: runs, decided: false, sentence: `${runs.length} runs side by side: no winner can be named.`,
    more: "They have no accuracy in common, on equally many test images, and their losses are of different targets. Evaluate them with the same labelled images."};
}

// A figure of each run, and its distance from the first.
function comparedRow(name, runs, value, show, difference) {
  const values = runs.map(value);
  if (values.filter(isNumber).length === 0) return null;
  return [name, ...values.map((one, i) => [show(one),
    i > 0 && isNumber(one) && isNumber(values[0]) && [" ", el("small", {}, one === values[0] ? "=" : difference(one, values[0]))]])];
}

function signed(value, digits = 1) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
}

function inPercent(value, base) {
  return base === 0 ? "" : `${signed(100 * (value / base - 1), 0)}\u00a0%`;
}

function comparedFigures(runs) {
  const points = (value, base) => signed(value - base);
  const newest = (run) => networkEvaluations(run).at(-1);
  const rows = [
    ...protocolsOf(runs).map((protocol) => comparedRow(`${protocolTitle(protocol)} accuracy`, runs,
      (run) => bestAccuracy(newest(run), protocol), accuracy, points)),
    comparedRow("Loss, last 50 steps", runs, (run) => run.progress.loss, significant, inPercent),
    comparedRow("Steps", runs, (run) => run.progress.step, wholeNumber, inPercent),
    comparedRow("Images seen", runs, (run) => run.progress.images_seen, compact, inPercent),
    comparedRow("Training time", runs, (run) => run.progress.seconds, duration, inPercent),
    comparedRow("Images per second", runs, (run) => run.progress.images_per_second, (v) => significant(v, 3), inPercent),
    comparedRow("Peak memory", runs, (run) => run.stages.at(-1)?.peak_memory_bytes, bytes, inPercent),
  ].filter(Boolean);
  return card(table("Figures, and their distance from the first column", ["", ...runs.map((run) => [runMark(run), " ", foreign(run.title)])], rows));
}

// A reference keeps of a path its last part alone.
function sameSetting(one, other) {
  const shortened = (text, whole) => text.startsWith('"…/') && whole.endsWith(text.slice(2));
  return one === other || shortened(one, other) || shortened(other, one);
}

// [key, value of each run] where recipes, data or machines are not the same; absence counts too.
function differingSettings(runs) {
  const known = (run) => ({
    ...run.recipe.entries,
    "data set": runs.some((one) => one.reference) ? undefined : run.facts.data?.path, "images of the data set": run.facts.data?.images,
    processor: run.facts.machine?.processor, device: run.facts.compute?.device,
    "precision used": run.facts.compute?.precision, "dbot version": run.facts.dbot,
  });
  const all = runs.map(known);
  return [...new Set(all.flatMap(Object.keys))].map((key) => [key, ...all.map((one) => String(one[key] ?? NOTHING))])
    .filter(([, ...values]) => values.some((value) => !sameSetting(value, values[0])));
}

function settingsThatDiffer(runs) {
  const rows = differingSettings(runs);
  const head = ["Setting", ...runs.map((run) => [runMark(run), " ", foreign(run.title)])];
  return card(rows.length === 0 ? el("p", {}, "The recipes of these runs are the same.")
    : table("Settings that differ", head, rows.map((row) => row.map((text) => el("span", {class: "path"}, foreign(text))))));
}

function manyRunsHead(runs) {
  const {order, sentence, more} = ranking(runs);
  return el("div", {class: "hero"},
    el("p", {class: "hero-line"}, "Comparison of ", order.map((run) => [runMark(run), el("strong", {}, foreign(run.title))])),
    el("h1", {id: "verdict"}, foreign(sentence)),
    el("p", {class: "what"}, more),
    el("div", {class: "stack", id: "compared"}, comparedFigures(order), settingsThatDiffer(order)),
    el("div", {class: "stack", id: "verdicts"}, order.map((run) => card(
      el("p", {class: "hero-line"}, runMark(run), el("strong", {}, foreign(run.title)),
        el("span", {class: `chip ${run.verdict.kind}`}, verdictWord(run.verdict.kind)),
        el("span", {}, STATES[run.state])),
      el("p", {}, foreign(run.verdict.sentence))))));
}
