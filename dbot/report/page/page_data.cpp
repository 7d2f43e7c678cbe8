#include "dbot/report/page/page_data.h"

#include <fmt/format.h>

#include "dbot/core/files/lock_state.h"
#include "dbot/report/page/page_exhibits.h"
#include "dbot/report/page/page_parts.h"
#include "dbot/report/text/shown_text.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;

RunState state_of(const fs::path& run, const RunFigures& figures) {
  if (core::is_locked(run / ".lock")) return RunState::running;
  if (figures.finished) return RunState::finished;
  return figures.total_steps > 0 || figures.step > 0 ? RunState::stopped : RunState::empty;
}

double number_at(const PageJson& facts, const char* table, const char* key, double otherwise) {
  const auto found = facts.find(table);
  if (found == facts.end() || !found->is_object()) return otherwise;
  const auto value = found->find(key);
  return value != found->end() && value->is_number() ? value->get<double>() : otherwise;
}

std::string text_at(const PageJson& facts, const char* table, const char* key) {
  const auto found = facts.find(table);
  if (found == facts.end() || !found->is_object()) return "";
  const auto value = found->find(key);
  return value != found->end() && value->is_string() ? value->get<std::string>() : "";
}

std::int64_t count_at(const PageJson& facts, const char* table, const char* key) {
  const double value = number_at(facts, table, key, 0);
  return value > 0 && value < 1e15 ? static_cast<std::int64_t>(value) : 0;
}

// A path's own bytes, which facts_part makes fit to be shown.
std::string data_path(const fs::path& run) {
  const auto document =
      PageJson::parse(read_bounded(run / "run.json", std::size_t{1} << 20), nullptr,
                      /*allow_exceptions=*/false);
  if (!document.is_object() || !document.contains("data") || !document["data"].is_object())
    return {};
  const auto path = document["data"].find("path");
  return path != document["data"].end() && path->is_string() ? path->get<std::string>() : "";
}

Observed observe(const RunFigures& figures, std::vector<PictureSet> pictures, const PageJson& facts,
                 const PageJson& recipe, std::int64_t bad_files) {
  Observed observed;
  observed.figures = figures;
  observed.pictures = std::move(pictures);
  for (const auto& objective : objectives_of(facts, recipe)) {
    observed.expected.push_back(
        expected_loss(objective.loss, objective.normalisation, objective.beta));
  }
  observed.memory_bytes = number_at(facts, "machine", "memory_bytes", observed.memory_bytes);
  observed.clip_norm = number_setting(recipe, "optimizer.clip_norm");
  observed.images = count_at(facts, "data", "images");
  observed.workers = count_at(facts, "compute", "workers");
  observed.bad_files = bad_files;
  observed.chance = number_at(facts, "data", "chance", observed.chance);
  observed.class_doubt = text_at(facts, "data", "class_doubt");
  return observed;
}

}  // namespace

std::string PageData::json(std::optional<RunState> state) {
  LeftOut left_out;
  const std::int64_t bad_lines = digest_.read(run_ / "metrics.jsonl");
  if (bad_lines > 0) {
    left_out.push_back(fmt::format("metrics.jsonl: {} lines that are no records", bad_lines));
  }
  const RunFigures& figures = digest_.figures();
  if (figures.curves_left_out) {
    left_out.push_back(fmt::format("metrics.jsonl: more figures than the {} curves that are drawn",
                                   figures.curves.size()));
  }
  const std::vector<PictureSet> sets = read_picture_sets(run_);
  const PageJson facts = facts_part(run_, left_out);
  const PageJson recipe = recipe_part(run_, left_out);
  const PageJson bad_files = bad_files_part(run_);
  Observed observed = observe(figures, sets, facts, recipe, bad_files["count"].get<std::int64_t>());
  observed.commands = commands_;

  summary_.state = state.value_or(state_of(run_, figures));
  summary_.findings = advise(observed);
  summary_.verdict = judge(observed, summary_.findings, summary_.state);
  summary_.step = figures.step;
  summary_.chance = observed.chance;

  std::error_code ignored;
  const fs::path full = fs::weakly_canonical(run_, ignored);
  PageJson document{{"name", shown_text(full.filename().string())},
                    {"path", shown_text(full.string())},
                    {"state", name(summary_.state)},
                    {"verdict",
                     {{"kind", name(summary_.verdict.kind)},
                      {"sentence", shown_text(summary_.verdict.sentence)},
                      {"measure", summary_.verdict.measure}}},
                    {"advice", advice_part(summary_.findings)},
                    {"facts", facts},
                    {"progress", progress_part(figures)},
                    {"curves", curves_part(figures)},
                    {"stages", stages_part(figures, objectives_of(facts, recipe))},
                    {"stage_gains", stage_gains_part(observed)},
                    {"evaluations", evaluations_part(figures)},
                    {"evaluation_exhibits", evaluation_exhibits_part(run_, left_out)},
                    {"later_evaluations", later_evaluations_part(run_, left_out)},
                    {"pictures", pictures_part(run_, sets, left_out)},
                    {"bad_files", bad_files},
                    {"next", next_part(full, data_path(run_), summary_.state, figures, commands_)},
                    {"checkpoints", checkpoints_part(run_)},
                    {"recipe", recipe}};
  document["left_out"] = PageJson::array();
  for (const std::string& text : left_out) document["left_out"].push_back(shown_text(text));
  return page_json_text(document);
}

}  // namespace dbot::report
