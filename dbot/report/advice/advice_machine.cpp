#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dbot/report/advice/advice.h"
#include "dbot/report/text/quantity_text.h"

namespace dbot::report {
namespace {

constexpr double most_waiting = 0.2;
constexpr double most_memory = 0.9;
constexpr std::int64_t few_images = 2000;
constexpr double few_epochs = 50;
constexpr std::int64_t few_images_seen = 2'000'000;

/// Batches that lay ready when a step asked for one, on average; NaN if not known.
double mean_ready(const RunFigures& figures) {
  double sum = 0, steps = 0;
  for (const auto& group : figures.curve("batches_ready").means()) {
    sum += group.y * static_cast<double>(group.count);
    steps += static_cast<double>(group.count);
  }
  return sum / steps;
}

void check_data_wait(const Observed& observed, std::vector<Advice>& findings) {
  const RunFigures& figures = observed.figures;
  if (!(figures.seconds > 0) || figures.step < 10) return;
  const double share = figures.data_wait_seconds / figures.seconds;
  const double rate = static_cast<double>(figures.images_trained) / figures.seconds;
  Advice advice{
      Severity::good,
      "data_wait",
      "Data arrive in time",
      fmt::format("Training waited for data {:.0f}\u00a0% of the time, at {:.0f} images/s.",
                  100 * share, rate),
      "Time spent waiting for images is time the processor does not learn.",
      ""};
  if (share > most_waiting) {
    advice.severity = Severity::warning;
    advice.title = "Data loading is the limit";
    advice.seen += fmt::format(" Without waiting it would be about {:.0f} images/s.",
                               rate / std::max(1e-3, 1 - share));
    if (const double ready = mean_ready(figures); std::isfinite(ready)) {
      advice.seen += fmt::format(" A step found {:.1f} batches ready.", ready);
    }
    const std::string more =
        observed.workers > 0 ? std::to_string(2 * observed.workers) : std::string("N");
    advice.todo = fmt::format(
        "Use more loader threads ({}data.workers={}), store the images smaller (a short side of "
        "about twice the input size is enough), and keep them on a local disk.",
        observed.commands.set, more);
  }
  findings.push_back(std::move(advice));
}

void check_memory(const Observed& observed, std::vector<Advice>& findings) {
  double peak = 0;
  for (const auto& [number, stage] : observed.figures.stages) {
    if (stage.peak_memory_bytes > peak) peak = stage.peak_memory_bytes;
  }
  if (!(peak > 0) || !(observed.memory_bytes > 0)) return;
  const double share = peak / observed.memory_bytes;
  Advice advice{Severity::good,
                "memory",
                "Memory suffices",
                fmt::format("The process took {:.2f} of {:.1f} GB at most.", peak / 1e9,
                            observed.memory_bytes / 1e9),
                "A process that asks for more memory than there is gets killed.",
                ""};
  if (share > most_memory) {
    advice.severity = Severity::warning;
    advice.title = "Memory is nearly used up";
    advice.todo = "Halve train.batch_size and double train.accumulate: the result is the same.";
  }
  findings.push_back(std::move(advice));
}

void check_length(const Observed& observed, std::vector<Advice>& findings) {
  const RunFigures& figures = observed.figures;
  if (figures.step == 0) return;
  if (observed.images > 0 && observed.images < few_images) {
    findings.push_back(
        {Severity::warning, "few_images", "There are few images",
         fmt::format("The data set has {} images.", grouped(observed.images)),
         "A backbone learns what varies between images; a small set is learnt by heart instead.",
         "Add unlabelled images of the same kind, or begin with a teacher that was trained "
         "elsewhere (teacher.init = \"file\")."});
  }
  if (figures.epoch < few_epochs && figures.images_seen < few_images_seen) {
    findings.push_back(
        {Severity::note, "short_run", "This is a short run",
         fmt::format("It has seen {} images, {:.3g} times the data set.",
                     grouped(figures.images_seen), figures.epoch),
         "Masked pre-training is slow and steady: published runs pass over their data 800 to 1,600 "
         "times. A short run shows that everything works, not what the method can do.",
         fmt::format("Train longer with {}; the schedule stretches with it.",
                     observed.commands.epochs)});
  }
}

void check_bad_files(const Observed& observed, std::vector<Advice>& findings) {
  if (observed.bad_files == 0) return;
  const bool known = observed.images > 0;
  const double share =
      known ? static_cast<double>(observed.bad_files) / static_cast<double>(observed.images) : 0;
  findings.push_back(
      {share > 0.01 ? Severity::warning : Severity::note, "bad_files",
       "Some files could not be read",
       known ? fmt::format("{} files of {}; others were used in their place.", observed.bad_files,
                           observed.images)
             : fmt::format("{} files; others were used in their place.", observed.bad_files),
       "A few broken files do no harm; many of one kind can bias what is learnt.",
       "They are listed below and in bad_files.txt; repair or remove them."});
}

}  // namespace

void check_machine(const Observed& observed, std::vector<Advice>& findings) {
  check_data_wait(observed, findings);
  check_memory(observed, findings);
  check_length(observed, findings);
  check_bad_files(observed, findings);
}

}  // namespace dbot::report
