#include "dbot/report/advice/label_free.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dbot::report {
namespace {

using Kind = Verdict::Kind;

constexpr double kLeastWay = 0.05;     // to a loss of zero, from that of a guess that does not look
constexpr double kLeastInside = 0.25;  // deviation of predictions inside an image, of the targets'
constexpr double kLeastRank = 0.6;     // of what the network had at the start
constexpr double kErrors = 2;          // standard errors that chance explains

/// A network at the start of the run and now.
struct Pair {
  const PictureSet& start;
  const PictureSet& now;

  const ComparedFigures& before() const { return start.health.compared; }
  const ComparedFigures& after() const { return now.health.compared; }
};

std::optional<Pair> pair_of(const Observed& observed) {
  const auto& sets = observed.pictures;
  const auto start = std::ranges::find(sets, Moment::start, &PictureSet::moment);
  if (start == sets.end() || sets.back().step == start->step) return std::nullopt;
  const Pair pair{*start, sets.back()};
  // Ranks depend on the number of images.
  const bool alike = pair.before().images == pair.after().images;
  const bool known =
      std::isfinite(pair.before().own_crop_nearest) && std::isfinite(pair.after().own_crop_nearest);
  return alike && known ? std::optional<Pair>(pair) : std::nullopt;
}

/// How much two shares of as many images may differ by chance.
double noise(double before, double after, double images) {
  return kErrors * std::sqrt((before * (1 - before) + after * (1 - after)) / std::max(1.0, images));
}

/// "…, 62 % before training (untrained network)".
std::string crops_text(const Pair& pair) {
  return fmt::format(
      "by another crop of it, {:.0f}\u00a0% of {:.0f} images are known again, {:.0f}\u00a0% before "
      "({})",
      100 * pair.after().own_crop_nearest, pair.after().images,
      100 * pair.before().own_crop_nearest, pair.start.label);
}

/// By how much the share of images that another crop finds has changed, and how much is chance.
struct Change {
  double by = 0, chance = 0;
};

Change change_of(const Pair& pair) {
  const double before = pair.before().own_crop_nearest, now = pair.after().own_crop_nearest;
  return {.by = now - before, .chance = noise(before, now, pair.after().images)};
}

/// Predictions first: what predicts nothing has learnt nothing. Empty: nothing is wrong with them.
std::optional<Verdict> by_predictions(const Pair& pair, const std::string& so_far) {
  const ComparedFigures& now = pair.after();
  if (now.way_to_zero < kLeastWay) {
    return Verdict{
        Kind::no,
        fmt::format("Not yet{}: it predicts hardly better than a guess that does not look at the "
                    "image ({:.0f}\u00a0% of the way to a loss of zero). Train longer, or at a "
                    "higher rate.",
                    so_far, 100 * std::max(0.0, now.way_to_zero)),
        "way_to_zero"};
  }
  const double share = now.prediction_inside / now.target_inside;
  if (share < kLeastInside) {
    return Verdict{
        Kind::partly,
        fmt::format("It has learnt the mean colour of an image, not its content yet{}: inside an "
                    "image, predictions vary with {:.0f}\u00a0% of what they should. Longer, or a "
                    "higher mask ratio.",
                    so_far, 100 * share),
        "prediction_inside"};
  }
  return std::nullopt;
}

Verdict by_features(const Pair& pair, const std::string& so_far) {
  const ComparedFigures &before = pair.before(), &now = pair.after();
  const auto [change, chance] = change_of(pair);
  const std::string crops = crops_text(pair);
  if (change < -chance) {
    return {Kind::no,
            fmt::format("No{}: the features tell images apart less than before training: {}.",
                        so_far, crops),
            "own_crop_nearest"};
  }
  const double rank = now.effective_rank / before.effective_rank;
  if (rank < kLeastRank) {
    return {change > chance ? Kind::partly : Kind::no,
            fmt::format("{}{}: the features use fewer directions than before training, an "
                        "effective rank of {:.1f} after {:.1f} ({}); {}.",
                        change > chance ? "It is not clear" : "No", so_far, now.effective_rank,
                        before.effective_rank, pair.start.label, crops),
            "effective_rank"};
  }
  if (change > chance) {
    return {Kind::yes,
            fmt::format("Yes, it learns{}: the features tell images apart better than before "
                        "training: {}. What they are worth for a task shows only with labels.",
                        so_far, crops),
            "own_crop_nearest"};
  }
  return {Kind::partly,
          fmt::format("It is not clear{}: it predicts what is hidden, but the features tell images "
                      "apart no better than before training: {}. Train longer.",
                      so_far, crops),
          "own_crop_nearest"};
}

}  // namespace

std::optional<Verdict> judge_without_labels(const Observed& observed, const std::string& so_far) {
  const auto pair = pair_of(observed);
  if (!pair) return std::nullopt;
  auto verdict = by_predictions(*pair, so_far);
  // Mean colours alone are what a run begins with, and what is left of one that has come apart:
  // then the features are worse than they were.
  const auto [change, chance] = change_of(*pair);
  const bool came_apart = change < -chance;
  if (verdict && (verdict->kind == Kind::no || !came_apart)) return verdict;
  return by_features(*pair, so_far);
}

}  // namespace dbot::report
