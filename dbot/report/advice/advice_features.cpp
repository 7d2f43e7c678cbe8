#include <fmt/format.h>

#include <cmath>

#include "dbot/report/advice/advice.h"

namespace dbot::report {
namespace {

constexpr double least_rank = 0.03;       // of the width
constexpr double most_cosine = 0.995;     // between features of different images
constexpr double kLeastDeviation = 0.05;  // of predictions, relative to targets
constexpr double small_deviation = 0.2;
constexpr double near_constant = 0.98;  // loss relative to a constant prediction's
constexpr double most_overfit = 1.25;   // held-out loss relative to training loss

const PictureSet* newest_trained(const Observed& observed) {
  for (auto set = observed.pictures.rbegin(); set != observed.pictures.rend(); ++set) {
    if (set->step > 0) return &*set;
  }
  return nullptr;
}

void check_rank(const PictureSet& set, std::vector<Advice>& findings) {
  const FeatureHealth& health = set.health;
  if (!(health.effective_rank > 0) || !(health.width > 0)) return;
  // As many vectors as images span no more directions than there are images.
  const double most = health.images < health.width ? health.images : health.width;
  std::string seen = fmt::format("The features of {} have an effective rank of {:.1f} of {:.0f}",
                                 set.label, health.effective_rank, most);
  if (std::isfinite(health.mean_cosine)) {
    seen +=
        fmt::format(", and those of different images a mean cosine of {:.3f}", health.mean_cosine);
  }
  Advice advice{Severity::good,
                "collapse",
                "The features have not collapsed",
                seen + ".",
                "Features that hardly differ between images can tell nothing apart, however low "
                "the loss is.",
                ""};
  const bool low_rank = health.effective_rank < least_rank * most;
  if (low_rank || health.mean_cosine > most_cosine) {
    advice.severity =
        low_rank && health.mean_cosine > most_cosine ? Severity::problem : Severity::warning;
    advice.title = "The features are collapsing";
    advice.todo =
        "Lower optimizer.base_lr, train the first stage longer before its student becomes the "
        "teacher, and check that the data are not all alike.";
  }
  findings.push_back(std::move(advice));
}

void check_predictions(const PictureSet& set, std::vector<Advice>& findings) {
  const FeatureHealth& health = set.health;
  if (!(health.target_deviation > 0) || !(health.prediction_deviation >= 0)) return;
  const double share = health.prediction_deviation / health.target_deviation;
  Advice advice{Severity::good,
                "constant_predictions",
                "Predictions follow the image",
                fmt::format("Predicted tokens of {} vary with a deviation of {:.3g}, their targets "
                            "with {:.3g}.",
                            set.label, health.prediction_deviation, health.target_deviation),
                "A network that always says the same has learnt the average, not the image.",
                ""};
  if (share < small_deviation) {
    advice.severity = share < kLeastDeviation ? Severity::problem : Severity::warning;
    advice.title =
        share < kLeastDeviation ? "Predictions are constant" : "Predictions hardly differ";
    advice.todo =
        "Early in a run this is normal: train longer. If it stays, raise optimizer.base_lr by a "
        "factor of three, or hide less (mask.ratio = 0.6).";
  }
  findings.push_back(std::move(advice));
}

void check_constant_loss(const PictureSet& set, std::vector<Advice>& findings) {
  const FeatureHealth& health = set.health;
  const double loss =
      std::isfinite(health.held_out_loss) ? health.held_out_loss : health.training_loss;
  // The mean of each position is the stronger guess that needs no image.
  const bool by_position = health.position_loss > 0;
  const double blind = by_position ? health.position_loss : health.constant_loss;
  if (!(blind > 0) || !std::isfinite(loss)) return;
  Advice advice{Severity::good,
                "constant_loss",
                "It predicts better than the average would",
                fmt::format("The loss of {} is {:.4g}; always predicting the targets' mean{} would "
                            "give {:.4g}.",
                            set.label, loss, by_position ? " at each position" : "", blind),
                "The loss of a prediction that does not look at the image is the mark to beat.",
                ""};
  if (loss > near_constant * blind) {
    advice.severity = Severity::warning;
    advice.title = "It predicts no better than the average";
    advice.todo = "Train longer; if the loss stays there, raise optimizer.base_lr.";
  }
  findings.push_back(std::move(advice));
}

void check_overfit(const PictureSet& set, std::vector<Advice>& findings) {
  const FeatureHealth& health = set.health;
  if (!(health.training_loss > 0) || !std::isfinite(health.held_out_loss)) return;
  const double ratio = health.held_out_loss / health.training_loss;
  Advice advice{Severity::good,
                "overfit",
                "It has not learnt the images by heart",
                fmt::format("Loss of {}: {:.4g} on images it trains on, {:.4g} on held-out ones.",
                            set.label, health.training_loss, health.held_out_loss),
                "A network that does well only on images it has seen learns nothing general.",
                ""};
  if (ratio > most_overfit) {
    advice.severity = Severity::warning;
    advice.title = "It learns the images by heart";
    advice.todo =
        "Use more images, a smaller network, stronger crops (data.crop_scale = [0.2, 1.0]), or "
        "fewer epochs.";
  }
  findings.push_back(std::move(advice));
}

}  // namespace

void check_features(const Observed& observed, std::vector<Advice>& findings) {
  const PictureSet* set = newest_trained(observed);
  if (set == nullptr) return;
  check_rank(*set, findings);
  check_predictions(*set, findings);
  check_constant_loss(*set, findings);
  check_overfit(*set, findings);
}

}  // namespace dbot::report
