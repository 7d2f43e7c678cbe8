// Puts the page together from the data that stand in it.

// Names that tell runs apart: with as much of their path as that takes.
function nameRuns(runs) {
  runs.forEach((run, index) => {
    run.index = index;
    run.alone = runs.length === 1;
    run.title = run.name;
  });
  for (const run of runs) {
    const twins = runs.filter((other) => other.name === run.name);
    if (twins.length < 2) continue;
    const parent = run.path.split("/").slice(-2).join("/");
    const unique = twins.filter((other) => other.path.endsWith(parent)).length === 1;
    run.title = unique ? parent : `${run.name} (${run.index + 1})`;
  }
}

// Thumbnails that several moments share stand in the page once.
function shareThumbnails(runs) {
  for (const {pictures} of runs) {
    for (const {map} of pictures) {
      if (map && typeof map.atlas === "number") map.atlas = pictures[map.atlas]?.map?.atlas ?? null;
    }
  }
}

const SHORT_TITLES = {
  advice: "Checks", training: "Training", accuracy: "Accuracy", test: "Test", pictures: "Pictures",
  reference: "Reference", facts: "Facts", next: "Next", files: "Files",
};

function footer(runs) {
  const running = runs.some((run) => run.state === "running");
  document.getElementById("footer").append(el("p", {},
    `Written ${document.lastModified}. `,
    running ? "The run goes on; load the page again to see more. " : "",
    "This file is complete in itself and asks the network for nothing. Charts by Chart.js (MIT licence)."));
}

function start() {
  const {runs, reference: stored} = JSON.parse(document.getElementById("data").textContent);
  takeReference(stored);
  nameRuns(runs);
  shareThumbnails(runs);
  document.title = runs.length === 1 ? `${runs[0].name}: dbot report` : `${runs.length} runs: dbot report`;
  append(document.getElementById("content"), [
    overview(runs), referenceSection(runs), trainingSection(runs), accuracySection(runs), evaluationSection(runs), picturesSection(runs),
    factsSection(runs), nextSection(runs), filesSection(runs),
  ]);
  navigation(SHORT_TITLES);
  footer(runs);
  startTheme();
  startCharts();
}

start();
