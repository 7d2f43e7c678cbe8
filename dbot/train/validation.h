#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "dbot/core/stop.h"
#include "dbot/data/loader/loader.h"
#include "dbot/methods/method.h"
#include "dbot/runtime/named_tensors.h"
#include "dbot/train/observer.h"
#include "dbot/train/plan.h"

// Held-out samples judge a stage while it trains: it can end early, and end with its best state.
// The steps at which they do, and all that follows, are a function of the recipe and the data.
namespace dbot::train {

struct ValidationConfig {
  double every_epochs = 0;       // 0: never; then at the end of each stage, too
  std::int64_t max_samples = 0;  // a seeded choice; 0: all
  std::int64_t patience =
      0;                   // validations in a row without a better figure end a stage; 0: none do
  bool keep_best = false;  // a stage ends with the state of its best validation
};

struct ValidationSettings {
  ValidationConfig config;
  /// One pass over what judges a stage; empty: there is nothing.
  std::function<std::unique_ptr<data::Loader>(std::int64_t stage)> make_loader = {};
};

/// In front of the best state's names in a checkpoint.
inline constexpr const char* kBest = "best.";

class Validation {
 public:
  Validation(ValidationSettings settings, std::uint64_t seed, runtime::Precision precision);

  /// Whether one is to be made after the last step.
  bool is_due(const Plan& plan, const TrainState& state) const;
  /// Judges the method as it is now. Throws Stopped on request, as if it had not begun, and Error
  /// for a method that has no figure.
  ValidationRecord run(methods::Method& method, const Plan& plan, const TrainState& state,
                       const core::StopRequest& stop);
  /// A stage begins: what was best is forgotten.
  void begin_stage();
  /// The tensors a stage that ends now is to go back to; empty if it stays as it is.
  runtime::NamedTensors take_best(std::int64_t step);

  const ValidationState& state() const { return state_; }
  const runtime::NamedTensors& best() const { return best_; }
  void resume(const ValidationState& state, runtime::NamedTensors best);

 private:
  void note(ValidationRecord& record, const methods::HeldOutFigures& figures,
            const methods::Method& method);

  ValidationSettings settings_;
  std::uint64_t seed_;
  runtime::Precision precision_;
  ValidationState state_;
  runtime::NamedTensors best_;  // Method::state() of the best validation, where it is kept
};

}  // namespace dbot::train
