#include "dbot/report/advice/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dbot/report/advice/label_free.h"
#include "dbot/report/metrics/accuracy.h"
#include "dbot/report/metrics/evaluation_table.h"

namespace dbot::report {
namespace {

using Kind = Verdict::Kind;

// Less than this share of the run, or fewer steps, and nothing can be said.
constexpr std::int64_t least_steps = 50;

const Advice* worst_problem(const std::vector<Advice>& findings) {
  const auto found = std::ranges::find(findings, Severity::problem, &Advice::severity);
  return found == findings.end() ? nullptr : &*found;
}

std::string lower_first(std::string text) {
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return text;
}

Verdict by_accuracy(const Comparison& accuracies, const std::string& so_far) {
  const auto& newest = accuracies.trained.back();
  const std::string protocol = protocol_title(accuracies.protocol);
  // Frozen features know no label; a classifier was trained on them.
  const char* without = accuracies.protocol == "classifier" ? "" : ", without a label";
  const double start = accuracies.start.value_or(0);
  const std::string rise =
      accuracies.start ? fmt::format("{} accuracy went from {:.1f}\u00a0% ({}) to {:.1f}\u00a0%",
                                     protocol, start, accuracies.start_label, newest.top1)
                       : fmt::format("{} accuracy is {:.1f}\u00a0%", protocol, newest.top1);
  if (accuracies.start && newest.top1 < start + accuracies.noise) {
    return {Kind::no, fmt::format("Not yet{}: {}, so training has added nothing.", so_far, rise),
            accuracies.protocol};
  }
  if (accuracies.raw_pixels && newest.top1 < *accuracies.raw_pixels - accuracies.noise) {
    return {Kind::partly,
            fmt::format("It learns{}: {}{}. Raw pixels are still better, with {:.1f}\u00a0%.",
                        so_far, rise, without, *accuracies.raw_pixels),
            accuracies.protocol};
  }
  return {Kind::yes,
          fmt::format("Yes, it works{}: {}{}{}.", so_far, rise, without,
                      accuracies.raw_pixels ? fmt::format(", and raw pixels give {:.1f}\u00a0%",
                                                          *accuracies.raw_pixels)
                                            : std::string()),
          accuracies.protocol};
}

// Without labels: by what the features tell apart; in runs of older programs, which did not measure
// that, by the loss and what the features look like.
Verdict without_labels(const Observed& observed, const std::vector<Advice>& findings,
                       const std::string& so_far) {
  const auto has = [&](const char* id, Severity severity) {
    return std::ranges::any_of(findings, [&](const Advice& advice) {
      return advice.id == id && advice.severity == severity;
    });
  };
  const RunFigures& figures = observed.figures;
  const auto stage = figures.stages.find(figures.stage);
  if (stage == figures.stages.end() || figures.step < least_steps) {
    return {Kind::too_early, "Too early to say: the run has hardly begun."};
  }
  const std::string loss =
      fmt::format("the loss of stage {} went from {:.3g} to {:.3g}", figures.stage + 1,
                  stage->second.first_loss, stage->second.last_loss);
  if (has("loss_falls", Severity::warning)) {
    return {Kind::no, fmt::format("Not yet{}: {}.", so_far, loss), "loss"};
  }
  if (auto verdict = judge_without_labels(observed, so_far)) return *verdict;
  const bool doubtful = has("collapse", Severity::warning) ||
                        has("constant_predictions", Severity::warning) ||
                        has("constant_loss", Severity::warning);
  if (doubtful) {
    return {Kind::partly,
            fmt::format("It is not clear{}: {}, but what the network makes of images "
                        "hardly differs between them yet.",
                        so_far, loss),
            "loss"};
  }
  return {Kind::partly,
          fmt::format("It looks right{}: {}. Whether the features are useful shows only with "
                      "labelled images.",
                      so_far, loss),
          "loss"};
}

}  // namespace

std::string name(RunState state) {
  constexpr const char* names[] = {"empty", "running", "stopped", "finished"};
  return names[static_cast<int>(state)];
}

std::string name(Verdict::Kind kind) {
  constexpr const char* names[] = {"yes", "partly", "no", "too_early"};
  return names[static_cast<int>(kind)];
}

Verdict judge(const Observed& observed, const std::vector<Advice>& findings, RunState state) {
  if (observed.figures.step == 0) {
    return {Kind::too_early, state == RunState::finished
                                 ? "The run has no steps: these are the weights it began with."
                                 : "Too early to say: no step has been made yet."};
  }
  const std::string so_far = state == RunState::finished ? "" : " so far";
  if (const Advice* problem = worst_problem(findings)) {
    return {Kind::no,
            fmt::format("No, something is wrong{}: {}.", so_far, lower_first(problem->title)),
            problem->id};
  }
  const auto accuracies = compare_accuracies(observed.figures.evaluations);
  const bool judged = reason_against_classes(observed).empty();
  if (judged && accuracies && !accuracies->trained.empty()) {
    return by_accuracy(*accuracies, so_far);
  }
  return without_labels(observed, findings, so_far);
}

}  // namespace dbot::report
