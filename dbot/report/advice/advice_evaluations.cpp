#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "dbot/report/advice/advice.h"
#include "dbot/report/metrics/accuracy.h"
#include "dbot/report/metrics/evaluation_table.h"

namespace dbot::report {
namespace {

void check_start(const Comparison& accuracies, std::vector<Advice>& findings) {
  if (!accuracies.start) return;
  const auto& newest = accuracies.trained.back();
  const double gain = newest.top1 - *accuracies.start;
  Advice advice{Severity::good,
                "untrained",
                "Training helps",
                fmt::format("{} top-1: {:.2f}\u00a0% after {}, {:.2f}\u00a0% before ({}).",
                            protocol_title(accuracies.protocol), newest.top1, newest.label,
                            *accuracies.start, accuracies.start_label),
                "What a run begins with is the mark that shows whether training added anything.",
                ""};
  if (gain < -accuracies.noise) {
    advice.severity = Severity::problem;
    advice.title = "Worse than before training";
    advice.todo =
        "Train longer (early on this can happen), lower optimizer.base_lr, and look at the "
        "features' rank below.";
  } else if (gain < accuracies.noise) {
    advice.severity = Severity::warning;
    advice.title = "No better than before training";
    advice.todo = "Train longer; look at the loss, and at what the pictures show.";
  }
  findings.push_back(std::move(advice));
}

void check_pixels(const Comparison& accuracies, std::vector<Advice>& findings) {
  if (!accuracies.raw_pixels) return;
  const auto& newest = accuracies.trained.back();
  Advice advice{Severity::good,
                "raw_pixels",
                "Features beat raw pixels",
                fmt::format("{} top-1: {:.2f}\u00a0% after {}, {:.2f}\u00a0% on raw pixels.",
                            protocol_title(accuracies.protocol), newest.top1, newest.label,
                            *accuracies.raw_pixels),
                "Features are worth keeping when they tell images apart better than their pixels "
                "do.",
                ""};
  if (newest.top1 < *accuracies.raw_pixels - accuracies.noise) {
    advice.severity = Severity::warning;
    advice.title = "Raw pixels are still better";
    advice.todo =
        "Train longer or with a larger network. On small, centred images pixels are a strong "
        "competitor; on photographs they are not.";
  }
  findings.push_back(std::move(advice));
}

}  // namespace

std::string reason_against_classes(const Observed& observed) {
  if (!observed.class_doubt.empty()) {
    return fmt::format("The classes {}.", observed.class_doubt);
  }
  const auto accuracies = compare_accuracies(observed.figures.evaluations);
  if (!accuracies || !std::isfinite(observed.chance)) return "";
  double best = std::max(accuracies->raw_pixels.value_or(0), accuracies->start.value_or(0));
  for (const auto& trained : accuracies->trained) best = std::max(best, trained.top1);
  if (best > observed.chance + accuracies->noise) return "";
  return fmt::format(
      "{} top-1 is {:.1f}\u00a0% at best, and {:.1f}\u00a0% of the test images are of the largest "
      "class: near chance.",
      protocol_title(accuracies->protocol), best, observed.chance);
}

void check_evaluations(const Observed& observed, std::vector<Advice>& findings) {
  const auto accuracies = compare_accuracies(observed.figures.evaluations);
  if (!accuracies || accuracies->trained.empty()) return;
  if (auto reason = reason_against_classes(observed); !reason.empty()) {
    findings.push_back(
        {Severity::note, "classes", "The classes may say nothing of the features",
         std::move(reason),
         "No verdict is built on accuracies where folders are years, shoots or masks, "
         "or where nothing tells the classes apart.",
         "Give labels of the images' content (evaluate.labels, a list), or say with "
         "evaluate.labels = \"folder\" that these folders are classes."});
    return;
  }
  check_start(*accuracies, findings);
  check_pixels(*accuracies, findings);
}

}  // namespace dbot::report
