#include "dbot/run/pretrain/label_evaluation.h"

#include <memory>

#include "dbot/core/clock.h"
#include "dbot/core/files/files.h"
#include "dbot/eval/multilabel/labeller.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/run/training_data/batch_parts.h"
#include "dbot/run/training_data/training_rows.h"

namespace dbot::run {

std::function<std::vector<eval::EvaluationRow>(const methods::Method&)> label_evaluation(
    const Recipe& recipe, const std::filesystem::path& source, const std::filesystem::path& folder,
    const core::StopRequest& stop, const core::Log& log) {
  const auto rows =
      std::make_shared<const data::LabelledRowParts>(open_rows(source, recipe, core::silent_log()));
  const eval::LabellerPass pass{
      .parts = batch_parts(recipe, rows->test, {}, Reading::judging, core::silent_log()),
      .workers = workers_of(recipe)};
  return [=, &stop](const methods::Method& method) -> std::vector<eval::EvaluationRow> {
    const auto* labeller = method.labeller();
    if (labeller == nullptr) return {};
    const core::Stopwatch clock;
    const auto chosen_on = eval::score_samples(*labeller, rows->held_out, pass, stop, log);
    const auto test = eval::score_samples(*labeller, rows->test, pass, stop, log);
    const auto policies = eval::compare_policies(chosen_on, labeller->label_thresholds(), test);
    core::write_file_atomically(folder / "thresholds.json",
                                eval::to_json(policies.back().thresholds, labeller->labels()));
    auto figures = eval::rows_of(policies, eval::measure_ranking(test.scores(), test.truth()),
                                 chosen_on, test);
    for (auto& row : figures) row.seconds = clock.seconds() / static_cast<double>(figures.size());
    return figures;
  };
}

}  // namespace dbot::run
