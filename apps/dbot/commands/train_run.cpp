#include "apps/dbot/commands/train_run.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "apps/dbot/commands/data/data.h"
#include "apps/dbot/commands/figures.h"
#include "apps/dbot/terminal/console.h"
#include "apps/dbot/terminal/shell_words.h"
#include "dbot/core/error.h"
#include "dbot/report/metrics/evaluation_table.h"
#include "dbot/report/terminal/progress.h"

namespace dbot::app {
namespace {

std::string loss_text(const run::PretrainSummary& summary) {
  const std::int64_t steps = summary.training.state.step;
  if (steps == 0) return "none: the length is 0 steps, the weights are those it began with";
  return fmt::format("{:.4f} after {} steps", summary.loss, steps);
}

void print_for_people(const run::PretrainSummary& summary) {
  const std::string table = report::evaluation_table(summary.evaluations, /*with_top5=*/false,
                                                     /*every=*/false, summary.chance);
  if (!table.empty()) print(fmt::format("accuracy, percent\n{}", table));
  print_line(fmt::format("loss     {}", loss_text(summary)));
  if (!summary.missing_table.why.empty()) {
    print_line(fmt::format("{} of accuracies: {}",
                           table.empty() ? "no table" : "not the whole table",
                           summary.missing_table.why));
  }
  for (const report::StageGain& gain : summary.stage_gains) {
    print_line(fmt::format("stages   {}", report::gain_sentence(gain)));
  }
  print_line(fmt::format("run      {}", summary.out.string()));
  print_line(fmt::format("report   {}", (summary.out / "report.html").string()));
  print_line(fmt::format("weights  {}", (summary.out / "model.safetensors").string()));
  std::error_code ignored;
  const auto predictions = summary.out / "predictions.csv";
  if (std::filesystem::exists(predictions, ignored)) {
    print_line(fmt::format("test     {}", predictions.string()));
  }
  print_line(fmt::format("verdict  {}", summary.verdict.sentence));
}

/// The run is saved and summed up by now: the exit code alone is left to say it.
void require_table(const run::PretrainSummary& summary) {
  if (summary.missing_table.why.empty()) return;
  const ErrorFields fields{
      .operation = "evaluate",
      .subject = summary.out.string(),
      .fault = Fault::other,
      .reason =
          "is a finished run, but evaluations that were asked for are missing; why, stands "
          "above",
      .way_out = "`dbot evaluate` makes them up; evaluate.at_stage_ends=false asks for none"};
  if (summary.missing_table.of_data) throw DataError(fields);
  throw Error(fields);
}

/// Whoever started a run that was stopped may be gone with its terminal: the exit code must still
/// say that the run can go on.
void print_figures(const run::PretrainSummary& summary) {
  try {
    print_line(figures(summary));
  } catch (const Error& problem) {
    if (summary.training.finished) throw;
    complain(problem.what());
  }
}

}  // namespace

namespace {

/// One of several processes that is not their first: that one says what there is to say.
void train_silently(run::Recipe recipe, const run::PretrainOptions& options) {
  const run::PretrainSummary summary =
      run::pretrain(std::move(recipe), options, {}, stop_request(), core::silent_log());
  if (summary.training.finished) return;
  throw Stopped(
      {.operation = "pretrain",
       .subject = fmt::format("rank {}", options.launched->rank),
       .reason = fmt::format("stopped on request after step {}", summary.training.state.step)});
}

}  // namespace

std::filesystem::path train_run(run::Recipe recipe, const run::PretrainOptions& options, bool json,
                                const std::function<std::string(const std::string& run)>& goes_on) {
  promise_to_go_on();
  if (options.launched && options.launched->rank > 0) {
    train_silently(std::move(recipe), options);
    return {};
  }
  report::Progress progress(progress_options(), complain_raw);
  const core::Log log = [&progress](core::LogLevel level, std::string_view message) {
    progress.message(level == core::LogLevel::warning ? fmt::format("warning: {}", message)
                                                      : std::string(message));
  };
  const run::PretrainSummary summary =
      run::pretrain(std::move(recipe), options, {&progress}, stop_request(), log);
  progress.finish();
  if (json) {
    print_figures(summary);
  } else if (summary.training.finished) {
    print_for_people(summary);
  }
  if (summary.training.finished) {
    require_table(summary);
    return summary.out;
  }
  const std::string out = summary.out.string();
  throw Stopped(
      fmt::format("[pretrain] stopped on request after step {}; {} goes on, as does\n  {}",
                  summary.training.state.step, command_text({"resume", out}), goes_on(out)));
}

}  // namespace dbot::app
