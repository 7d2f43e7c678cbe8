#include "dbot/run/pretrain/observers.h"

#include <utility>

#include "dbot/report/advice/stage_observer.h"
#include "dbot/report/metrics/events.h"
#include "dbot/report/metrics/metrics.h"
#include "dbot/report/page/page_observer.h"
#include "dbot/run/facts/run_facts_file.h"
#include "dbot/run/pretrain/evaluations.h"
#include "dbot/run/pretrain/model_file.h"
#include "dbot/run/pretrain/pictures.h"
#include "dbot/train/tolerant_observer.h"

namespace dbot::run {

// The order: what is measured is written before anything that reads it; what costs time comes last.
// An observer without which the run is worth nothing less is `try_to`, so that a full disk or a
// fault in it ends no run.
Observers::Observers(const RunContext& context, const std::vector<train::TrainObserver*>& watchers)
    : log_(context.log) {
  const auto& [recipe, sources, kind, folder, stop, log, opening_log, dataset, texts, recipe_name,
               commands, processes] = context;
  const std::filesystem::path& data = sources.front();
  const core::Patience patience(recipe.checkpoint.retry_seconds, stop);
  auto metrics_file = std::make_unique<report::MetricsFile>(folder.metrics(), log, patience);
  report::MetricsFile& metrics = *metrics_file;
  auto [evaluation, classes, why_none] =
      make_evaluation(recipe, sources, *dataset, metrics, stop, log, opening_log);
  no_labels_ = why_none;
  auto events_file = std::make_unique<report::Events>(folder.path(), log);
  if (evaluation) {
    evaluation->tell([events = events_file.get()](const auto& record) { events->write(record); });
  }
  const report::KnownClasses known{classes.doubt, classes.chance};
  const auto gather = [context, classes = std::move(classes)](const train::Plan& plan,
                                                              const methods::Method& method) {
    return gather_facts(context.recipe, context.recipe_name, *context.dataset, context.data,
                        context.data_kind, classes, plan, method, context.processes);
  };
  need(std::move(metrics_file));
  try_to(std::make_unique<RunFactsFile>(folder.path() / "run.json", gather, evaluation.get(), log),
         "run.json");
  need(std::move(events_file));
  all_.insert(all_.end(), watchers.begin(), watchers.end());
  need(std::make_unique<ModelFile>(folder.model(), log, patience));
  evaluation_ = try_to(std::move(evaluation), "the evaluation");
  try_to(make_picture_observer(recipe, folder.path(), data, dataset, texts, stop, log),
         "the pictures");
  auto stages = std::make_unique<report::StageObserver>(folder.path(), known, log);
  stages_ = stages.get();
  need(std::move(stages));
  // Last: it shows what the others have written. What goes wrong with it is a warning already.
  auto page = std::make_unique<report::PageObserver>(folder.path(), context.commands, log);
  page_ = page.get();
  need(std::move(page));
}

void Observers::ended(bool finished) const {
  page_->write(finished ? report::RunState::finished : report::RunState::stopped);
}

const report::PageSummary& Observers::page_summary() const {
  return page_->summary();
}

train::TrainObserver* Observers::need(std::unique_ptr<train::TrainObserver> observer) {
  if (!observer) return nullptr;
  all_.push_back(observer.get());
  owned_.push_back(std::move(observer));
  return all_.back();
}

const train::TolerantObserver* Observers::try_to(std::unique_ptr<train::TrainObserver> observer,
                                                 std::string what) {
  if (!observer) return nullptr;
  auto tolerant =
      std::make_unique<train::TolerantObserver>(std::move(observer), std::move(what), log_);
  const auto* made = tolerant.get();
  need(std::move(tolerant));
  return made;
}

bool Observers::makes_next_stage(std::int64_t stage) const {
  return stages_->makes_next_stage(stage);
}

std::vector<report::StageGain> Observers::stage_gains() const {
  return stages_->gains();
}

MissingTable Observers::missing_table() const {
  if (!evaluation_) return {no_labels_, /*of_data=*/true};
  return {evaluation_->last_problem(), evaluation_->last_was_of_data()};
}

}  // namespace dbot::run
