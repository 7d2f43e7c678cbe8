#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dbot/report/advice/advice.h"

namespace dbot::report {
namespace {

constexpr std::int64_t steps_to_judge = 100;  // of a stage, before its loss is judged
constexpr double least_fall = 0.02;           // from a stage's first tenth to its last
constexpr double most_skipped = 0.01;
constexpr double spike = 100, growth = 10;  // of the gradient norm, in medians

struct Tenths {
  double first = 0, last = 0;
};

std::vector<Curve::Mean> of_stage(const Observed& observed, const char* name, std::int64_t stage) {
  std::vector<Curve::Mean> means = observed.figures.curve(name).means();
  const auto& begin = observed.figures.stage_begin;
  const auto at = static_cast<std::size_t>(stage);
  if (at + 1 >= begin.size()) return stage == 0 ? means : std::vector<Curve::Mean>{};
  const auto low = static_cast<double>(begin[at]), high = static_cast<double>(begin[at + 1]);
  std::erase_if(means, [&](const auto& mean) { return mean.x <= low || mean.x > high; });
  return means;
}

double mean_of(const std::vector<Curve::Mean>& means, std::size_t from, std::size_t to) {
  double sum = 0, count = 0;
  for (std::size_t i = from; i < to; ++i) {
    sum += means[i].y * static_cast<double>(means[i].count);
    count += static_cast<double>(means[i].count);
  }
  return sum / count;
}

Tenths tenths_of(const std::vector<Curve::Mean>& means) {
  const std::size_t tenth = std::max<std::size_t>(1, means.size() / 10);
  return {mean_of(means, 0, tenth), mean_of(means, means.size() - tenth, means.size())};
}

double median(std::vector<Curve::Mean> means) {
  const auto middle = means.begin() + static_cast<std::ptrdiff_t>(means.size() / 2);
  std::ranges::nth_element(means, middle, {}, &Curve::Mean::y);
  return middle->y;
}

std::int64_t judged_stage(const RunFigures& figures) {
  // The newest stage that is long enough to say something.
  for (auto stage = figures.stages.rbegin(); stage != figures.stages.rend(); ++stage) {
    if (stage->second.steps >= steps_to_judge) return stage->first;
  }
  return -1;
}

void check_fall(const Observed& observed, std::int64_t stage, std::vector<Advice>& findings) {
  const auto means = of_stage(observed, "loss", stage);
  if (means.size() < 2) return;
  const Tenths loss = tenths_of(means);
  const double fall = 1 - loss.last / loss.first;
  Advice advice{Severity::good,
                "loss_falls",
                "The loss falls",
                fmt::format("In stage {} the mean loss went from {:.4g} in the first tenth of its "
                            "steps to {:.4g} in the last.",
                            stage + 1, loss.first, loss.last),
                "A falling loss means that the network predicts hidden patches better and better.",
                ""};
  if (fall < -0.1) {
    advice.severity = Severity::problem;
    advice.title = "The loss rises";
    advice.todo = fmt::format(
        "Lower the learning rate (try {}optimizer.base_lr at a third of its value), lengthen "
        "schedule.warmup_epochs, and keep gradients clipped (optimizer.clip_norm).",
        observed.commands.set);
  } else if (fall < least_fall) {
    advice.severity = Severity::warning;
    advice.title = "The loss does not fall";
    advice.todo =
        "If the run has just begun, wait for the end of the warm-up. Else train longer, raise "
        "optimizer.base_lr by a factor of three, and look at the pictures of predictions below.";
  }
  findings.push_back(std::move(advice));
}

/// The first loss of a stage and where it has to be.
struct FirstLoss {
  std::int64_t stage = 0;
  double loss = 0;
  ExpectedLoss expected;

  bool within() const { return loss >= expected.first_low && loss <= expected.first_high; }
};

/// The first that is out of its range; else the newest stage's. Empty where none is known.
std::optional<FirstLoss> telling_first_loss(const Observed& observed) {
  std::optional<FirstLoss> telling;
  for (const auto& [number, stage] : observed.figures.stages) {
    const auto expected = expected_loss_of(observed, number);
    if (!expected || !std::isfinite(stage.first_loss)) continue;
    telling = FirstLoss{number, stage.first_loss, *expected};
    if (!telling->within()) break;
  }
  return telling;
}

void check_first_loss(const Observed& observed, std::vector<Advice>& findings) {
  const auto telling = telling_first_loss(observed);
  if (!telling) return;
  const auto& [stage, loss, expected] = *telling;
  const bool within = telling->within();
  const std::string of_stage =
      observed.figures.stages.size() > 1 ? fmt::format(" of stage {}", stage + 1) : "";
  Advice advice{
      Severity::good,
      "first_loss",
      "The first loss is where it has to be",
      fmt::format("The first step{} had a loss of {:.4g}; for this objective it lies "
                  "between {:.2g} and {:.2g}, and always predicting zero gives {:.3g}.",
                  of_stage, loss, expected.first_low, expected.first_high, expected.constant),
      "Standardised targets fix the scale of the loss before anything is learnt.",
      ""};
  if (!within) {
    advice.severity = Severity::warning;
    advice.title = "The first loss is out of its range";
    advice.why =
        "Standardised targets fix the scale of the loss before anything is learnt, so a first "
        "loss outside points to the input: constant or wrongly normalised images.";
    advice.todo =
        "Look at the pictures of samples below; leave data.mean and data.std to be measured; with "
        "a teacher from a file, check that it is the network you mean.";
  }
  findings.push_back(std::move(advice));
}

void check_skipped(const Observed& observed, std::vector<Advice>& findings) {
  const RunFigures& figures = observed.figures;
  if (figures.step == 0) return;
  const double share =
      static_cast<double>(figures.skipped_steps) / static_cast<double>(figures.step);
  Advice advice{Severity::good,
                "skipped_steps",
                "Every step was finite",
                fmt::format("{} of {} steps were skipped because loss or gradient was not finite.",
                            figures.skipped_steps, figures.step),
                "A skipped step leaves the weights as they were; many of them mean that training "
                "is about to diverge.",
                ""};
  if (figures.skipped_steps > 0) {
    advice.severity = share > most_skipped ? Severity::problem : Severity::note;
    advice.title = share > most_skipped ? "Many steps were not finite" : "A few steps were skipped";
    advice.todo = fmt::format(
        "Lower optimizer.base_lr, set optimizer.clip_norm (3.0 is usual), or compute with {}.",
        observed.commands.fp32);
  }
  findings.push_back(std::move(advice));
}

void check_gradient(const Observed& observed, std::int64_t stage, std::vector<Advice>& findings) {
  const auto means = of_stage(observed, "gradient_norm", stage);
  if (means.size() < 10) return;
  const double middle = median(means);
  const double last = tenths_of(means).last;
  double highest = 0;
  for (const Curve::Point& point : observed.figures.curve("gradient_norm").points()) {
    if (point.y > highest) highest = point.y;
  }
  Advice advice{Severity::good,
                "gradient_norm",
                "The gradient is steady",
                fmt::format("Its norm has a median of {:.3g}, {:.3g} in the last tenth of stage "
                            "{}, and {:.3g} at most.",
                            middle, last, stage + 1, highest),
                "A growing gradient norm announces divergence before the loss shows it.",
                ""};
  const char* clipping = observed.clip_norm > 0 ? "" : " Set optimizer.clip_norm, for example 3.0.";
  if (last > growth * middle) {
    advice.severity = Severity::problem;
    advice.title = "The gradient grows";
    advice.todo = std::string("Lower optimizer.base_lr to a third.") + clipping;
  } else if (highest > spike * middle) {
    advice.severity = observed.clip_norm > 0 ? Severity::note : Severity::warning;
    advice.title = "The gradient has spikes";
    advice.todo = std::string("Rare spikes do no harm while gradients are clipped.") + clipping;
  }
  findings.push_back(std::move(advice));
}

}  // namespace

std::optional<ExpectedLoss> expected_loss_of(const Observed& observed, std::int64_t stage) {
  if (observed.expected.empty()) return std::nullopt;
  return observed.expected[std::min(static_cast<std::size_t>(stage), observed.expected.size() - 1)];
}

void check_losses(const Observed& observed, std::vector<Advice>& findings) {
  check_first_loss(observed, findings);
  check_skipped(observed, findings);
  const std::int64_t stage = judged_stage(observed.figures);
  if (stage < 0) return;
  check_fall(observed, stage, findings);
  check_gradient(observed, stage, findings);
}

}  // namespace dbot::report
