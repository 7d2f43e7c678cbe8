#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbot/report/advice/advice.h"

// Does another stage pay? What a stage added is measured at its end against the end of the stage
// before: by labels where classes may be judged by, else by what features look like.
namespace dbot::report {

/// One figure at the ends of two stages.
struct StageMeasure {
  std::string name;  // "k-NN top-1", "effective rank"
  double before = 0, after = 0;
  double noise = 0;  // what two networks may differ by with nothing between them
  bool higher_is_better = true;
  bool percent = false;

  /// Better by more than the noise: 1; worse by more than it: −1; else 0.
  int direction() const;
};

struct StageGain {
  std::int64_t stage = 1;  // counted from 0; compared with the one before
  bool by_labels = false;
  std::vector<StageMeasure> measures;  // at least one

  /// Some measure got better by more than its noise; of those without labels, which are signs
  /// alone, none may speak against it.
  bool paid() const;
  /// Some got worse by more than its noise and none better.
  bool is_worse() const;

 private:
  bool some(int direction) const;
};

/// Accuracies of each protocol that was measured at both ends, by as many labelled images. Without
/// any, or where `reason_against_classes` has a reason: the effective rank, which may differ by a
/// tenth, and the mean cosine between images, by 0.02, of as many images. Empty where nothing was
/// measured at both.
std::optional<StageGain> stage_gain(const Observed& observed, std::int64_t stage);

/// Of all stages behind the first that can be judged, in order.
std::vector<StageGain> stage_gains(const Observed& observed);

/// "k-NN top-1 41.9 % → 47.5 % (up to 1.4 is chance), effective rank 31.2 → 40.5 (…)".
std::string measures_text(const StageGain& gain);
/// One sentence: "stage 2 paid: …", "stage 2 did not pay: …", "stage 2 is worse than stage 1: …".
std::string gain_sentence(const StageGain& gain);

/// The finding of the newest of them.
void check_stage_gain(const Observed& observed, std::vector<Advice>& findings);

}  // namespace dbot::report
