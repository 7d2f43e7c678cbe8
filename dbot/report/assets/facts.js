// The facts of a run: data, machine, model, files, and what to run next.

function dataFacts(run) {
  const data = run.facts.data ?? {};
  const list = (values) => Array.isArray(values) && values.length > 0 ? values.map((v) => significant(v, 4)).join(", ") : NOTHING;
  return facts([
    ["Images", isNumber(data.images) ? wholeNumber(data.images) : NOTHING],
    ["Labels", data.labelled === undefined ? NOTHING : data.labelled ? (isNumber(data.classes) ? plural(data.classes, "class", "classes") : "yes") : "none"],
    ["Kind", data.kind && foreign(data.kind === "idx" ? "IDX files" : data.kind)],
    ["Mean", list(data.mean)],
    ["Deviation", list(data.std)],
    ["Unreadable", run.bad_files.count > 0 ? plural(run.bad_files.count, "file") : NOTHING],
    ["Path", data.path && el("span", {class: "path"}, foreign(data.path))],
  ]);
}

function machineFacts(run) {
  const {machine = {}, compute = {}, libtorch} = run.facts;
  return facts([
    ["Processor", machine.processor && foreign(machine.processor)],
    ["Instructions", machine.instruction_set && foreign(machine.instruction_set)],
    ["Cores", isNumber(machine.cores) ? machine.cores : NOTHING],
    ["Memory", bytes(machine.memory_bytes)],
    ["Device", compute.device && foreign(compute.device)],
    ["Precision", compute.precision && foreign(compute.precision)],
    ["Threads", isNumber(compute.threads) ? `${compute.threads} compute${isNumber(compute.workers) ? `, ${compute.workers} loading` : ""}` : NOTHING],
    ["LibTorch", libtorch && foreign(libtorch)],
    ["dbot", run.facts.dbot && foreign(run.facts.dbot)],
  ]);
}

function modelFacts(run) {
  const model = run.facts.model ?? {};
  const setting = (key) => run.recipe.entries[key] ?? NOTHING;
  const sizes = Object.entries(model).filter(([key, value]) => key.endsWith("_parameters") && isNumber(value))
    .map(([key, value]) => [foreign(`${titleCase(words(key.slice(0, -"_parameters".length)))} size`), `${compact(value)} parameters`]);
  return facts([
    ["Recipe", run.facts.recipe && foreign(run.facts.recipe)],
    ["Input", setting("model.image_size") !== NOTHING ? `${setting("model.image_size")} px, patches of ${setting("model.patch_size")} px` : NOTHING],
    ["Encoder", setting("model.width") !== NOTHING ? `${setting("model.depth")} blocks of width ${setting("model.width")}` : NOTHING],
    ...sizes,
    ["Tokens", isNumber(model.tokens) ? `${model.tokens}${isNumber(model.visible_tokens) ? `, ${model.visible_tokens} visible to the student` : ""}` : NOTHING],
    ["Arithmetic", isNumber(model.flops_per_image) ? `${compact(model.flops_per_image)}FLOP an image` : NOTHING],
    ...Object.entries(model.rows ?? {}).map(([name, value]) => [foreign(titleCase(name)), foreign(value)]),
  ]);
}

function planFacts(run) {
  const plan = run.facts.plan ?? {};
  const {progress} = run;
  return facts([
    ["Stages", progress.planned_stages || plan.stages || NOTHING],
    ["Steps", wholeNumber(progress.total_steps || plan.steps)],
    ["Steps an epoch", wholeNumber(progress.steps_per_epoch || plan.steps_per_epoch)],
    ["Images a step", wholeNumber(plan.images_per_step)],
    ["Memory foreseen", bytes(plan.memory_bytes)],
    ["Time foreseen", duration(plan.seconds)],
  ]);
}

function factsSection(runs) {
  const groups = [["Data set", dataFacts], ["Model", modelFacts], ["Machine", machineFacts], ["Plan", planFacts]];
  const of = (run) => groups.map(([title, content]) => [title, content(run)]).filter(([, content]) => content)
    .map(([title, content]) => card(el("h3", {}, title), content));
  const content = runs.map((run) => {
    const cards = of(run);
    return cards.length > 0 && el("div", {class: "stack"}, runs.length > 1 && el("h3", {class: "hero-line"}, runMark(run), foreign(run.title)), el("div", {class: "grid"}, cards));
  }).filter(Boolean);
  return content.length === 0 ? null : section("facts", "Data, model and machine",
    "What went in. Mean and deviation are those that images are normalised with; tokens are the patches a network works on.",
    el("div", {class: "stack"}, content));
}

function badFilesCard(run) {
  const {count, first} = run.bad_files;
  if (count === 0) return null;
  return card(el("h3", {}, `${plural(count, "file")} could not be read${run.alone ? "" : `, ${run.title}`}`),
    el("p", {class: "small"}, "Other images were used in their place. The whole list is in bad_files.txt of the run folder."),
    el("ul", {class: "list", tabindex: "0"}, first.map((line) => el("li", {}, foreign(line)))),
    count > first.length && el("p", {class: "small"}, `and ${wholeNumber(count - first.length)} more`));
}

function nextSection(runs) {
  return section("next", "What to run next", "Ready to paste into a shell; words in capitals are yours to fill in.",
    el("div", {class: "stack"}, runs.map((run) => el("div", {class: "stack"},
      !run.alone && el("h3", {class: "hero-line"}, runMark(run), foreign(run.title)),
      run.next.map(commandCard)))));
}

function checkpointsCard(run) {
  if (run.checkpoints.length === 0) return null;
  const rows = run.checkpoints.map(({name, step, bytes: size, stage_end, problem}) =>
    [el("span", {class: "path"}, foreign(name)), wholeNumber(step), bytes(size),
      problem ? {value: foreign(problem), class: "text down"} : {value: stage_end ? "end of a stage, kept" : "whole", class: "text"}]);
  return card(table(`Checkpoints${run.alone ? "" : `, ${run.title}`}`, ["Folder", "Step", "Size", "State"], rows),
    el("p", {class: "small"}, "A checkpoint holds everything needed to go on. Sizes are checked here; checksums when it is used."));
}

function filesSection(runs) {
  const recipes = runs.filter((run) => run.recipe.text).map((run) => el("details", {class: "card recipe"},
    el("summary", {}, `The whole recipe${run.alone ? "" : `, ${run.title}`}`),
    el("pre", {tabindex: "0"}, foreign(run.recipe.text))));
  const left_out = runs.flatMap((run) => run.left_out.map((text) => el("li", {}, foreign(`${run.alone ? "" : `${run.title}: `}${text}`))));
  return section("files", "Recipe and files", "Every setting of the run, and what lies in its folder.",
    el("div", {class: "stack"}, recipes,
      runs.map(checkpointsCard), runs.map(badFilesCard),
      left_out.length > 0 && card(el("h3", {}, "Not shown"), el("ul", {class: "list"}, left_out))));
}
