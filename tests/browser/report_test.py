"""Opens reports in a real browser: python3 report_test.py PROGRAM. Exit code 77: there is none."""

import json
import math
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import small_run
import webdriver

SKIPPED = 77
program = ""

# Of every chart that is drawn: its canvas' id and each data set's points, gaps as null.
CHARTS = """
return Object.values(Chart.instances).filter((chart) => chart.canvas.isConnected).map((chart) => ({id: chart.canvas.id,
  sets: chart.data.datasets.map((set) => ({label: set.label, smoothed: Boolean(set.smoothed),
    drawn: chart.getDatasetMeta(chart.data.datasets.indexOf(set)).data.filter((e) => !e.skip).length,
    points: set.data.map((p) => p !== null && typeof p === "object" ? [p.x, p.y] : [null, p])}))}));
"""
# How far the page is wider than its window, and which elements stick out.
OVERFLOW = """
const wide = document.documentElement.scrollWidth - window.innerWidth;
const out = wide <= 0 ? [] : [...document.querySelectorAll("body *")].filter((e) =>
  e.getBoundingClientRect().right > window.innerWidth + 1 && !e.closest(".scroll, nav, .neighbour-row, pre"));
return [wide, out.slice(0, 5).map((e) => e.tagName + "." + e.className)];
"""
# The lowest contrast of text on its background (WCAG 2.2, success criterion 1.4.3).
CONTRAST = """
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255).map((v) =>
  v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((a, v, i) => a + v * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (e) => { for (; e; e = e.parentElement) {
  const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let worst = [21, ""];
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || e.closest("script, noscript, .skip") || e.getClientRects().length === 0) continue;
  const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
  const contrast = (a + 0.05) / (b + 0.05);
  if (contrast < worst[0]) worst = [contrast, e.tagName + "." + e.className + ": " + walker.currentNode.data.slice(0, 40)];
}
return worst;
"""
# Of each link of the menu: its text, its edges, and how far it is below the window's upper edge.
MENU = """
return [...document.querySelectorAll("nav a")].map((a) => [a, a.getBoundingClientRect()])
  .map(([a, box]) => [a.textContent, box.left, box.right, box.top]);
"""
# The width of the smallest chart: charts follow the window a moment after it has changed.
SMALLEST_CHART = """
const [wanted] = arguments, last = performance.now() + 5000;
return new Promise((done) => {
  const look = () => {
    const width = Math.min(...Object.values(Chart.instances).map((chart) => chart.chartArea.width));
    if (width > wanted || performance.now() > last) done(width);
    else setTimeout(look, 50);
  };
  look();
});
"""
HOSTILE = '</script><img src=x onerror="window.hacked=1"><script>window.hacked=2</script>\'"`${window.hacked=3}&lt;\u202egnp'


class ReportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="dbot-browser-")
        cls.folder = Path(cls._folder.name)
        cls.browser = webdriver.Browser()
        cls.run_folder = small_run.pretrain(program, cls.folder, "first")

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls._folder.cleanup()

    def report(self, *arguments):
        call = [program, "report", *arguments, "--json"]
        done = subprocess.run(call, check=True, capture_output=True, cwd=self.folder)
        return json.loads(done.stdout.splitlines()[-1])

    def open(self, page, width=1280, dark=False):
        """Opens a page as a computer or a phone does; it must be sound."""
        self.browser.look_like(width, dark=dark, phone=width < 600)
        self.browser.open(Path(page))
        self.assertEqual(self.browser.console(), [])
        foreign = [url for url in self.browser.requests() if not url.startswith(("file:", "data:"))]
        self.assertEqual(foreign, [])
        wide, elements = self.browser.script(OVERFLOW)
        self.assertLessEqual(wide, 0, elements)

    def charts(self):
        charts = {chart["id"]: chart for chart in self.browser.script(CHARTS)}
        for chart in charts.values():
            for one in chart["sets"]:
                self.assertGreater(one["drawn"], 0, (chart["id"], one["label"]))
        return charts

    def test_the_run_leaves_a_page_whose_charts_are_its_figures(self):
        self.open(self.run_folder / "report.html")
        charts = self.charts()
        steps = [record for record in small_run.records(self.run_folder) if record["type"] == "step"]
        self.assertGreater(len(steps), 60)
        for key in ("learning_rate", "gradient_norm", "images_per_second", "data_wait_fraction"):
            drawn = next(one for one in charts[f"chart-{key}"]["sets"] if not one["smoothed"])
            self.assertEqual(drawn["points"], [[step["step"], step[key]] for step in steps], key)
        health = {p["stage"]: p["health"] for p in small_run.picture_sets(self.run_folder)}
        for stage in (1, 2):
            sets = {one["label"]: one["points"] for one in charts[f"chart-loss-{stage}"]["sets"] if not one["smoothed"]}
            own = [step for step in steps if step["stage"] == stage]
            self.assertEqual(sets["loss"], [[step["step"], step["loss"]] for step in own])
            for label, key in (("without looking at the image", "position_loss"), ("constant", "constant_loss")):
                ends = [own[0]["step"], own[-1]["step"]]
                self.assertEqual(sets[label], [[x, health[stage][key]] for x in ends])
        memory = charts["chart-memory"]["sets"][0]["points"]
        ends = [record for record in small_run.records(self.run_folder) if record["type"] == "stage"]
        self.assertEqual([y for _, y in memory], [end["peak_memory_bytes"] for end in ends])

    def test_accuracies_are_those_of_the_run(self):
        self.open(self.run_folder / "report.html")
        evaluations = [r for r in small_run.records(self.run_folder) if r["type"] == "evaluation"]
        for protocol in ("knn", "linear"):
            sets = self.charts()[f"chart-accuracy-{protocol}"]["sets"]
            for kind in ("cls", "mean"):
                expected = [
                    [e["step"], row["top1"]]
                    for e in evaluations
                    for row in e["results"]
                    if row["protocol"] == protocol and row["features"] == kind
                ]
                self.assertGreater(len(expected), 2)
                drawn = next(one for one in sets if one["label"] == f"{kind} features")
                self.assertEqual(drawn["points"], expected)
        table = "return [...document.querySelectorAll('#milestones tr')].map((r) => [...r.children].map((c) => c.textContent))"
        head, *rows = self.browser.script(table)
        self.assertEqual(head, ["", "Chance", "Raw pixels", "Untrained", "Stage 1", "Stage 2", "Gained"])
        names = [f"{protocol}, {kind}" for protocol in ("k-NN", "Linear probe") for kind in ("cls or mean", "2 × 2 grid")]
        self.assertEqual([row[0] for row in rows], names)
        for row, kinds in zip(rows, (("cls", "mean"), ("grid:2",))):
            last = max(r["top1"] for r in evaluations[-1]["results"] if r["protocol"] == "knn" and r["features"] in kinds)
            self.assertEqual(row[5], f"{last:.1f}\u00a0%")
        students = self.charts()["chart-stages-knn-0"]["sets"][1]["points"]
        self.assertEqual(len(students), 2)

    def test_both_colour_schemes_and_the_switch(self):
        colour = "return getComputedStyle(document.body).backgroundColor"
        seen = {}
        for dark in (False, True):
            self.open(self.run_folder / "report.html", dark=dark)
            seen[dark] = self.browser.script(colour)
            contrast, where = self.browser.script(CONTRAST)
            self.assertGreaterEqual(contrast, 4.5, where)
        self.assertNotEqual(seen[False], seen[True])
        self.browser.script("document.getElementById('theme').click()")
        self.assertEqual(self.browser.script(colour), seen[False], "the switch turns dark to light")
        self.charts()
        self.assertEqual(self.browser.console(), [])
        self.browser.script("localStorage.clear()")

    def test_a_phone_shows_it_without_scrolling_sideways(self):
        small_run_copy = self.report(self.run_folder, "--out", self.folder / "phone.html")
        self.open(small_run_copy["out"], width=390)
        self.assertGreater(len(self.charts()), 5)
        for narrow in (390, 320):
            self.browser.look_like(narrow, phone=True)
            links = self.browser.script(MENU)
            self.assertGreater(len(links), 5)
            for text, left, right, above in links:
                self.assertTrue(left >= 0 and right <= narrow and above >= 0, (narrow, text))
            # The links stay when the page is scrolled.
            self.browser.script("window.scrollTo(0, 3000)")
            self.assertTrue(all(0 <= above < 160 for *_, above in self.browser.script(MENU)))
            self.browser.script("window.scrollTo(0, 0)")
        self.browser.look_like(390, phone=True)
        self.assertGreater(self.browser.script(SMALLEST_CHART, 200), 200)

    def test_headings_are_in_order_and_everything_has_a_name(self):
        self.open(self.run_folder / "report.html")
        levels = self.browser.script(
            "return [...document.querySelectorAll('h1,h2,h3,h4')].map((h) => Number(h.tagName[1]))"
        )
        self.assertEqual(levels.count(1), 1)
        for before, after in zip(levels, levels[1:]):
            self.assertLessEqual(after, before + 1)
        nameless = self.browser.script(
            "return [...document.querySelectorAll('canvas:not([aria-hidden]), img, button, input')].filter((e) => !(e.getAttribute('aria-label') ?? "
            "e.getAttribute('alt') ?? (e.textContent || e.labels?.[0]?.textContent))).length"
        )
        self.assertEqual(nameless, 0)

    def test_the_run_s_own_pictures_are_shown_for_each_moment(self):
        self.open(self.run_folder / "report.html")
        moments = self.browser.script("return [...document.querySelectorAll('.segments label')].map((l) => l.textContent)")
        self.assertEqual(moments, ["untrained network", "stage 1", "stage 2"])
        shown = "return [document.querySelector('[data-set]').dataset.set, document.querySelectorAll('.shots img').length]"
        for moment in ("stage 2", "stage 1", "untrained network"):
            self.browser.script(f"document.querySelectorAll('.segments input')[{moments.index(moment)}].click()")
            label, pictures = self.browser.script(shown)
            self.assertEqual(label, moment)
            self.assertGreater(pictures, 3)
            rows = self.browser.script("return ['by-features', 'by-pixels'].map((c) => document.querySelectorAll(`.neighbour-row.${c}`).length)")
            self.assertEqual(rows, [8, 8])
            drawn = self.browser.script("return [...document.querySelectorAll('.neighbour-row canvas')].map((c) => c.getContext('2d').getImageData(0, 0, 1, 1).data[3])")
            self.assertEqual(set(drawn), {255}, "moments share their thumbnails")
        self.assertEqual(self.browser.console(), [])

    def test_the_legend_of_the_map_names_classes_in_colours_of_their_own(self):
        self.open(self.run_folder / "report.html")
        names = self.browser.script("return [...document.querySelectorAll('.map-legend button')].map((b) => b.textContent.trim())")
        self.assertEqual(names, ["class 0", "class 1"])
        theme = "document.documentElement.dataset.theme = arguments[0]; return Array.from({length: 10}, (_, i) => classColour(i))"
        colours = [self.browser.script(theme, name) for name in ("light", "dark")]
        for ten in colours:
            self.assertEqual(len(set(ten)), 10)
            closest = min(small_run.colour_distance(a, b) for i, a in enumerate(ten) for b in ten[:i])
            self.assertGreater(closest, 0.15, "in OKLab; neighbours of common palettes have 0.1")
        shapes = self.browser.script("return [0, 9, 10, 25, 39].map((i) => classShape(i))")
        self.assertEqual(shapes, [0, 0, 1, 2, 3])
        pressed = "return document.querySelector('.map .toolbar button').getAttribute('aria-pressed')"
        self.assertEqual(self.browser.script(pressed), "false", "labels colour the map")

    def test_a_page_of_photographs_is_small(self):
        images = self.folder / "photographs"
        images.mkdir()
        for number in range(48):
            (images / f"{number}.png").write_bytes(small_run.photograph(64, number))
        larger = ("--set", "model.image_size=64", "--set", "model.patch_size=8")
        run = small_run.pretrain(program, self.folder, "of-photographs", "--steps", "4", "--data", images, *larger)
        page = run / "report.html"
        # The photographs alone have half a megabyte, and each is drawn more than once.
        self.assertLess(page.stat().st_size, 1_000_000)
        self.open(page)
        kinds = self.browser.script("return [...document.querySelectorAll('.shots img')].map((i) => i.src.slice(0, 15))")
        self.assertIn("data:image/webp", kinds)
        widths = self.browser.script(
            "document.querySelectorAll('.shots img').forEach((i) => i.loading = 'eager');"
            "return Promise.all([...document.querySelectorAll('.shots img')].map((i) => i.decode().then(() => i.naturalWidth)))"
        )
        self.assertGreater(min(widths), 200)

    def test_without_labels_the_map_shows_thumbnails(self):
        images = self.folder / "unlabelled"
        images.mkdir()
        for number in range(40):
            colour = (6 * number, 250 - 5 * number, 40 + (number * 37) % 200)
            (images / f"{number}.png").write_bytes(small_run.png(8, 8, colour))
        run = small_run.pretrain(program, self.folder, "no-labels", "--steps", "6", "--data", images)
        self.open(run / "report.html")
        pressed = "return document.querySelector('.map .toolbar button').getAttribute('aria-pressed')"
        self.assertEqual(self.browser.script(pressed), "true")
        self.assertEqual(self.browser.script("return document.querySelectorAll('.map-legend').length"), 0)

    def test_pictures_neighbours_and_the_map(self):
        run = small_run.pretrain(program, self.folder, "pictured", "--set", "evaluate.every_epochs=0")
        small_run.write_picture_set(run, "stage 7", "stage-7", "sample")
        self.open(self.report(run)["out"])
        image = "const i = document.querySelector('.shots img'); return [i.alt.startsWith('sample'), i.naturalWidth]"
        self.browser.script("document.querySelector('.shots img').loading = 'eager'; window.scrollTo(0, 1e6)")
        self.browser.script("return document.querySelector('.shots img').decode().then(() => 1)")
        self.assertEqual(self.browser.script(image), [True, 32])
        self.browser.script("document.querySelector('.map-frame canvas').focus()")
        self.browser.press("ArrowRight")
        tip = "const t = document.querySelector('.map-tip'); return t.hidden ? '' : t.textContent"
        self.assertIn("sample 0", self.browser.script(tip))
        self.browser.press("ArrowRight")
        self.assertIn("sample 1", self.browser.script(tip))
        self.browser.script("document.querySelector('.map .toolbar button').click()")
        self.assertEqual(self.browser.console(), [])

    def best_linear(self, run):
        newest = [r for r in small_run.records(run) if r["type"] == "evaluation"][-1]
        return max(row["top1"] for row in newest["results"] if row["protocol"] == "linear")

    def test_each_kind_of_exhibit_is_shown(self):
        run = small_run.pretrain(program, self.folder, "exhibited", "--steps", "8", "--set", "evaluate.every_epochs=0")
        for label, folder in (("stage 8", "stage-8"), ("stage 9", "stage-9")):
            small_run.write_picture_set(run, label, folder, "sample")
            small_run.write_exhibits(run, folder, "some text")
        page = self.report(run)["out"]
        for width, dark in ((1280, False), (390, True)):
            self.open(page, width=width, dark=dark)
            # The newest moment, then one that is drawn when it is chosen.
            for moment in ("stage 9", "stage 8"):
                labels = self.browser.script("return [...document.querySelectorAll('.segments label')].map((l) => l.textContent)")
                self.browser.script(f"document.querySelectorAll('.segments input')[{labels.index(moment)}].click()")
                kinds = self.browser.script("return [...document.querySelectorAll('[data-exhibit]')].map((e) => e.dataset.exhibit)")
                self.assertEqual(kinds, ["strip", "frames", "text", "matrix", "curve", "points", "mesh"])
                drawn = "return ['curve', 'points'].map((k) => Chart.getChart(document.querySelector(`[data-exhibit=${k}] canvas`)).data.datasets.map((d) => d.data.length))"
                self.assertEqual(self.browser.script(drawn), [[3, 2], [1, 1]])
                legend = "return [...document.querySelectorAll('[data-exhibit=points] .legend li')].map((l) => l.textContent)"
                self.assertEqual(self.browser.script(legend), ["rare", "some text"])
                contrast, where = self.browser.script(CONTRAST)
                self.assertGreaterEqual(contrast, 4.5, where)
                self.charts()
            marks = "return [...document.querySelectorAll('.words ins, .words del')].map((e) => [e.className, e.textContent])"
            self.assertEqual(self.browser.script(marks), [["right", "dog"], ["", "some text"], ["wrong", "some text!"]])
            self.assertEqual(self.browser.script("return document.querySelector('.words').textContent"), "a dog some text some text!s")
            canvas = "document.querySelector('.matrix canvas')"
            self.browser.script(f"{canvas}.focus()")
            for _ in range(2):
                self.browser.press("ArrowRight")
            tip = self.browser.script("return document.querySelector('.matrix .map-tip').textContent")
            self.assertEqual(tip, "0.1true class: catsome text: some text")
            self.assertEqual(self.browser.console(), [])
        self.assertIn("hologram", self.browser.script("return document.querySelector('#files').textContent"))
        both = self.report(run, self.run_folder, "--out", self.folder / "exhibits-both.html")["out"]
        self.open(both)
        self.assertEqual(self.browser.script("return document.querySelectorAll('[data-exhibit]').length"), 7)

    def test_further_figures_and_rows_of_the_model(self):
        run = small_run.pretrain(program, self.folder, "figured", "--steps", "8")
        figures = {"protocol": "multi", "features": "cls", "top1": None, "top5": None, "test_samples": 9, "train_samples": 9}
        with open(run / "metrics.jsonl", "a") as metrics:
            for step, value in ((9, 0.3), (10, 0.41)):
                rows = [figures | {"figures": {"mAP": value}}]
                shown = {"type": "evaluation", "step": step, "stage": 2, "label": f"epoch {step}", "results": rows}
                metrics.write(json.dumps(shown) + "\n")
        facts = json.loads((run / "run.json").read_text())
        facts["model"]["rows"] = {"vocabulary": "2,000 words"}
        (run / "run.json").write_text(json.dumps(facts))
        self.open(self.report(run)["out"])
        self.assertEqual(self.charts()["chart-figure-0"]["sets"][0]["points"], [[9, 0.3], [10, 0.41]])
        table = self.browser.script("return document.querySelector('#figures table').textContent")
        self.assertIn("0.41", table)
        milestones = self.browser.script("return document.querySelector('#milestones').textContent")
        self.assertNotIn("multi", milestones, "it has no accuracy")
        self.assertIn("Vocabulary2,000 words", self.browser.script("return document.querySelector('#facts').textContent"))
        self.assertIn("Encoder size", self.browser.script("return document.querySelector('#facts').textContent"))

    def test_runs_that_do_not_compare_have_no_winner(self):
        for name in ("left", "right"):
            run = self.folder / name
            run.mkdir()
            (run / "metrics.jsonl").write_text('{"type":"step","step":1,"stage":1,"loss":0.5}\n')
        answer = self.report(self.folder / "left", self.folder / "right", "--out", self.folder / "lr.html")
        self.open(answer["out"])
        self.assertIn("no winner", self.browser.script("return document.querySelector('h1').textContent"))

    def test_two_runs_side_by_side(self):
        other = small_run.pretrain(program, self.folder, "other", "--seed", "5", "--steps", "40")
        answer = self.report(self.run_folder, other, "--out", self.folder / "both.html")
        self.assertEqual(len(answer["runs"]), 2)
        for width in (1280, 390):
            self.open(answer["out"], width=width)
            loss = self.charts()["chart-loss-2"]["sets"]
            self.assertEqual({one["label"] for one in loss}, {"first", "other"})
        head = "return document.querySelector('.hero').textContent"
        said = self.browser.script(head)
        best = self.best_linear(self.run_folder), self.best_linear(other)
        self.assertRegex(said, "(ahead|Level): Linear probe accurac")
        self.assertIn(f"{abs(best[0] - best[1]):.1f} points", said)
        columns = self.browser.script("return [...document.querySelectorAll('#compared table')[0].querySelectorAll('thead th')].map((c) => c.textContent.trim())")
        self.assertEqual(columns[1], "first" if best[0] >= best[1] else "other", "the best comes first")
        self.assertIn("train.seed", said, "what differs stands at the head")
        settings = self.browser.script(
            "return [...document.querySelectorAll('caption')].find((c) => c.textContent.includes('differ')).parentElement.textContent"
        )
        self.assertIn("train.seed", settings)
        self.assertNotIn("model.width", settings)

    def test_a_reference_is_drawn_behind_the_run(self):
        stored = self.folder / "reference.json"
        self.report(self.run_folder, "--write-reference", stored)
        self.assertLess(stored.stat().st_size, 100_000)
        reference = json.loads(stored.read_text())
        run = small_run.pretrain(program, self.folder, "shorter", "--seed", "5", "--steps", "40")
        page = self.report(run, "--reference", stored, "--out", self.folder / "referenced.html")["out"]
        for width, dark in ((1280, False), (1280, True), (390, False)):
            self.open(page, width=width, dark=dark)
            contrast, where = self.browser.script(CONTRAST)
            self.assertGreaterEqual(contrast, 4.5, where)
        charts = self.charts()
        ours = [r for r in small_run.records(run) if r["type"] == "begin"][0]["stage_begin"]
        theirs = reference["progress"]["stage_begin"]
        self.assertNotEqual(ours, theirs)
        for stage in (1, 2):
            sets = {one["label"]: one["points"] for one in charts[f"chart-loss-{stage}"]["sets"] if not one["smoothed"]}
            self.assertIn("loss", sets)
            moved = [[x - theirs[stage - 1] + ours[stage - 1], y] for x, y in reference["curves"]["loss"]
                     if theirs[stage - 1] < x <= theirs[stage]]
            self.assertEqual(sets["reference"], moved, "it begins where the run's stage begins")
        labels = {one["label"] for one in charts["chart-accuracy-knn"]["sets"]}
        self.assertLessEqual({"reference, mean", "reference, 2 × 2 grid", "mean features"}, labels)
        self.assertEqual({one["label"] for one in charts["chart-rank"]["sets"]}, {"effective rank", "reference"})
        text = self.browser.script("return document.querySelector('#reference').textContent")
        for words in ("A finished run", "train.seed", "schedule.total_steps", "k-NN accuracy"):
            self.assertIn(words, text)
        self.assertNotIn("model.width", text)
        self.open(self.run_folder / "report.html")
        self.assertIsNone(self.browser.script("return document.querySelector('#reference')"))

    def test_the_page_of_a_search(self):
        images = self.folder / "searched"
        for label in ("cat", "dog"):
            (images / label).mkdir(parents=True)
            for number in range(9):
                (images / label / f"{number}.png").write_bytes(small_run.photograph(40 + number, number + 50 * (label == "dog")))
        name = HOSTILE.replace("/", "∕") + ".png"
        (images / "dog" / name).write_bytes((images / "cat/3.png").read_bytes())
        call = [program, "search", "--model", self.run_folder, "--data", images, "--query", "cat/3.png", "dog/5.png",
                "--top", "8", "--out", self.folder / "found", "--json"]
        done = subprocess.run(call, check=True, capture_output=True, cwd=self.folder)
        figures = json.loads(done.stdout.splitlines()[-1])
        for width, dark in ((1280, False), (1280, True), (390, False)):
            self.open(figures["report"], width=width, dark=dark)
            self.assertIsNone(self.browser.script("return window.hacked ?? null"))
            contrast, where = self.browser.script(CONTRAST)
            self.assertGreaterEqual(contrast, 4.5, where)
        shown = self.browser.script(
            "return [...document.querySelectorAll('.found')].map((card) => [...card.querySelectorAll('.shots figure')].map((f) => f.className))"
        )
        self.assertEqual([len(row) for row in shown], [8, 8])
        self.assertEqual(shown[0][0], "copy")
        first = "return document.querySelector('.shots figcaption').textContent"
        nearest = figures["queries"][0]["nearest"][0]
        self.assertIn(f"{nearest['similarity']:.4f}", self.browser.script(first))
        self.assertIn("<img src=x onerror=", self.browser.script(first))
        self.assertEqual(self.browser.script("return document.scripts.length"), 3)

    def test_hostile_names_are_only_ever_text(self):
        name = HOSTILE.replace("/", "∕")
        run = small_run.pretrain(program, self.folder, "victim", "--steps", "10")
        run = run.rename(self.folder / name)
        small_run.write_picture_set(run, HOSTILE, "".join(c if c.isalnum() else "-" for c in HOSTILE), HOSTILE, HOSTILE)
        small_run.write_picture_set(run, "stage 2", "stage-2", HOSTILE, HOSTILE)
        small_run.write_exhibits(run, "stage-2", HOSTILE)
        (run / "bad_files.txt").write_bytes(HOSTILE.encode() + b"\xff\xfe: broken\n")
        facts = {"recipe": HOSTILE, "machine": {"processor": HOSTILE}, "data": {"path": HOSTILE, "kind": HOSTILE},
                 "model": {"rows": {HOSTILE: HOSTILE}, f"{HOSTILE}_parameters": 7}}
        (run / "run.json").write_text(json.dumps(facts))
        with open(run / "recipe.toml", "a") as recipe:
            recipe.write(f"# {HOSTILE}\n[extra]\nkey = {json.dumps(HOSTILE)}\n")
        with open(run / "metrics.jsonl", "a") as metrics:
            scalars = {"type": "step", "step": 11, "stage": 2, "loss": 0.1, "scalars": {HOSTILE: 1}}
            rows = [{"protocol": HOSTILE, "features": HOSTILE, "top1": 50, "top5": 60, "figures": {HOSTILE: 0.4}}]
            shown = {"type": "evaluation", "step": 11, "stage": 2, "label": HOSTILE, "results": rows}
            metrics.write(json.dumps(scalars) + "\n" + json.dumps(shown) + "\n{torn")
        single = self.report(run, "--out", self.folder / "hostile.html")["out"]
        both = self.report(run, self.run_folder, "--out", self.folder / "hostile-both.html")["out"]
        for page in (single, both):
            for width in (1280, 390):
                self.open(page, width=width)
                self.assertIsNone(self.browser.script("return window.hacked ?? null"))
                self.assertEqual(self.browser.script("return document.scripts.length"), 3)
                self.assertEqual(self.browser.script("return document.querySelectorAll('[onerror]').length"), 0)
                text = self.browser.script("return document.body.textContent")
                self.assertIn('<img src=x onerror="window.hacked=1">', text)
                self.assertNotIn("\u202e", text)
        self.assertNotIn(b"<img", Path(single).read_bytes())

    def test_the_page_of_a_checked_data_set(self):
        images = self.folder / "images"
        for part, count in (("train/a", 6), ("train/b", 3), ("test/a", 3)):
            (images / part).mkdir(parents=True)
            for number in range(count):
                colour = (40 + 30 * number, 90 + len(part), 200 - 20 * number)
                picture = small_run.png(30 + number, 40, colour)
                (images / part / f"{number}.png").write_bytes(picture)
        name = HOSTILE.replace("/", "∕") + ".png"
        (images / "train/b" / name).write_bytes((images / "train/a/0.png").read_bytes())
        (images / "train/b/cut.png").write_bytes((images / "train/a/0.png").read_bytes()[:60])
        call = [program, "data", "check", images, "--out", self.folder / "check", "--json"]
        done = subprocess.run(call, capture_output=True, cwd=self.folder)
        self.assertEqual(done.returncode, 3, done.stderr)
        figures = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((figures["images"], figures["broken"]), (14, 1))
        for width, dark in ((1280, False), (1280, True), (390, False)):
            self.open(figures["report"], width=width, dark=dark)
            self.assertIsNone(self.browser.script("return window.hacked ?? null"))
            contrast, where = self.browser.script(CONTRAST)
            self.assertGreaterEqual(contrast, 4.5, where)
        self.assertEqual(set(self.charts()), {"chart-widths", "chart-heights", "chart-aspects"})
        self.assertIn("1 of 14 images cannot be used", self.browser.script("return document.querySelector('h1').textContent"))
        kinds = self.browser.script("return [...document.querySelectorAll('article')].map((a) => a.id)")
        for kind in ("kind-truncated", "kind-constant", "kind-duplicate", "kind-label_conflict"):
            self.assertIn(kind, kinds)
        text = self.browser.script("return document.body.textContent")
        self.assertIn("<img src=x onerror=", text)
        self.assertNotIn("\u202e", text)
        self.assertEqual(self.browser.script("return document.scripts.length"), 3)

    def test_broken_folders_still_give_a_page(self):
        run = self.folder / "half"
        (run / "checkpoints" / "step-00000003").mkdir(parents=True)
        (run / "pictures" / "stage-1").mkdir(parents=True)
        (run / "pictures" / "stage-1" / "pictures.json").write_text("{")
        (run / "run.json").write_text("[]")
        (run / "recipe.toml").write_text("[model\n")
        (run / "metrics.jsonl").write_bytes(b'\xff\xfe\n{"type":"step"}\n{"type":"step","step":1,"loss":nul')
        answer = self.report(run)
        self.assertEqual(answer["runs"][0]["verdict"], "too_early")
        self.open(answer["out"])
        self.assertIn("Too early", self.browser.script("return document.querySelector('h1').textContent"))

    def test_long_runs_are_thinned_out_with_their_extremes(self):
        run = self.folder / "long"
        run.mkdir()
        steps = 30000
        with open(run / "metrics.jsonl", "w") as metrics:
            begin = {"type": "begin", "step": 0, "stage": 1, "stages": 2, "total_steps": steps}
            metrics.write(json.dumps(begin | {"steps_per_epoch": 100, "stage_begin": [0, 12000, steps]}) + "\n")
            for step in range(1, steps + 1):
                loss = None if step == 777 else 9.5 if step == 20011 else 0.1 + math.exp(-step / 5000)
                record = {"type": "step", "step": step, "stage": 1 + (step > 12000), "loss": loss, "seconds": 0.1}
                metrics.write(json.dumps(record | ({"skipped": True} if loss is None else {})) + "\n")
        self.open(self.report(run)["out"])
        charts = self.charts()
        first, second = (charts[f"chart-loss-{stage}"]["sets"][0]["points"] for stage in (1, 2))
        self.assertLessEqual(len(first) + len(second), 2000)
        self.assertIn([20011, 9.5], second)
        self.assertEqual((first[0][0], second[-1][0]), (1, steps))
        self.assertTrue(first[-1][0] <= 12000 < second[0][0])
        skipped = "return [1, 2].map((s) => Chart.getChart(`chart-loss-${s}`).options.plugins.stageMarks.skipped.slice())"
        self.assertEqual(self.browser.script(skipped), [[777], []])


if __name__ == "__main__":
    program = str(Path(sys.argv.pop(1)).resolve())
    if missing := webdriver.what_is_missing():
        print(f"skipped: {missing}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
