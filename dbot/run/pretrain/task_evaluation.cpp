#include "dbot/run/pretrain/task_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/files/files.h"
#include "dbot/eval/classifier/classifier_evaluation.h"
#include "dbot/report/pictures/exhibits/draw_gallery.h"
#include "dbot/report/pictures/set/exhibit_files.h"

namespace dbot::run {
namespace {

constexpr double kLittle = 0.01;  // of a mask that no earlier task uses

std::filesystem::path record_file(const std::filesystem::path& run) {
  return run / "tasks.json";
}

/// What earlier evaluations of the run measured.
eval::TaskRecord read_record(const std::filesystem::path& run, std::int64_t tasks) {
  const std::filesystem::path file = record_file(run);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return eval::TaskRecord(tasks);
  eval::TaskRecord record = eval::task_record_from_json(core::read_text_file(file), file.string());
  return record.tasks() == tasks ? std::move(record) : eval::TaskRecord(tasks);
}

}  // namespace

TaskEvaluation::TaskEvaluation(TaskEvaluationSettings settings, core::Log log)
    : settings_(std::move(settings)), log_(std::move(log)) {}

void TaskEvaluation::tell_of_share(const methods::TaskShare& share, std::int64_t task) const {
  const double free =
      static_cast<double>(share.free) / static_cast<double>(std::max<std::int64_t>(1, share.used));
  log_(core::LogLevel::information,
       fmt::format("task {} uses {} of {} weights; {:.1f} % of these no earlier task uses",
                   task + 1, share.used, share.all, 100 * free));
  if (free >= kLittle) return;
  log_(core::LogLevel::warning,
       fmt::format("less than 1 % of the mask of task {} is free: it learned hardly more than a "
                   "mask. A lower tasks.density or a wider network leaves more to later tasks",
                   task + 1));
}

void TaskEvaluation::measure(const methods::TaskCapability& tasks, const AccuracyOf& accuracy_of,
                             eval::TaskRecord& record, Figures& figures) const {
  const std::int64_t current = tasks.current_task(), count = record.tasks();
  const auto place = static_cast<std::size_t>(current);
  if (tasks.is_untrained()) {
    for (std::int64_t task = 0; task < count; ++task) {
      record.untrained[static_cast<std::size_t>(task)] = accuracy_of(task);
    }
    figures.newest = record.untrained.front();
    return;
  }
  if (!tasks.stage_ends_task()) {
    figures.newest = accuracy_of(current);
    return;
  }
  auto& row = record.accuracy[place];
  for (std::int64_t task = 0; task <= std::min(current + 1, count - 1); ++task) {
    row[static_cast<std::size_t>(task)] = accuracy_of(task);
  }
  record.starts[place] = tasks.task_start(current);
  const eval::ContinualFigures after = eval::figures_after(record, current);
  figures = {.average = after.average_accuracy,
             .newest = row[place],
             .forgetting = after.average_forgetting};
  if (!tasks.learns_masks()) return;
  const methods::TaskShare share = tasks.task_share(current);
  record.shares[place] = share;
  tell_of_share(share, current);
  figures.free = static_cast<double>(share.free) / static_cast<double>(share.used);
}

std::vector<eval::EvaluationRow> TaskEvaluation::judge(const methods::TaskCapability& tasks,
                                                       const core::StopRequest& stop) const {
  const core::Stopwatch clock;
  const auto sets = data::split_into_tasks(settings_.test, tasks.task_split(), tasks.task_seed(),
                                           data::TaskUse::judging);
  const AccuracyOf accuracy_of = [&](std::int64_t task) {
    const auto classifier = tasks.task_classifier(task);
    return eval::evaluate_classifier(*classifier, settings_.input,
                                     sets.at(static_cast<std::size_t>(task)), settings_.extraction,
                                     stop, log_)
        .top1();
  };
  eval::TaskRecord record = read_record(settings_.folder, std::ssize(sets));
  Figures figures;
  measure(tasks, accuracy_of, record, figures);
  core::write_file_atomically(record_file(settings_.folder), eval::to_json(record));
  report::write_exhibits(settings_.folder,
                         report::draw_gallery(eval::task_exhibits(record), settings_.folder));
  return {{.protocol = "tasks",
           .features = "logits",
           .top1 = kUnknown,
           .top5 = kUnknown,
           .seconds = clock.seconds(),
           .test_samples = settings_.test->size(),
           .figures = {{"average_accuracy", figures.average},
                       {"newest_task", figures.newest},
                       {"forgetting", figures.forgetting},
                       {"free_share", figures.free}}}};
}

}  // namespace dbot::run
