#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/start/plan_start.h"

namespace dbot::tools {

/// What a look at the machine may take, and of what.
struct MachineLookConfig {
  std::vector<std::string> assignments;  // of every recipe that is timed: key=value
  double seconds = 30;                   // of all together, about
};

/// Times what runs are made of, on these images: steps of candidates, loading, features, pictures.
/// Not for several threads at once; what it makes computes with the threads of the assignments.
class MachineLook {
 public:
  /// `data` and `stop` outlive this object. Throws UsageError for assignments that are refused.
  MachineLook(const run::StartData& data, std::shared_ptr<const data::Dataset> images,
              MachineLookConfig config, const core::StopRequest& stop);

  /// Mean seconds of training on an image of the dearer target, loading included: a guess from
  /// small batches, and from loading by itself. For run::choose_shape.
  double candidate(const run::StartShape& shape);

  /// The costs of a shape with batches of the size that it will have: steps are timed while images
  /// are loaded, as in a run.
  run::StartCosts costs(const run::StartShape& shape);

  /// Candidates that were timed.
  std::int64_t candidates() const { return candidates_; }

 private:
  run::Recipe recipe_of(const run::StartShape& shape, const std::string& target,
                        std::int64_t batch) const;
  double load_seconds(const run::Recipe& recipe);
  double training_seconds(const run::Recipe& recipe, double seconds) const;
  void add_network_costs(const run::Recipe& recipe, run::StartCosts& costs) const;
  void look_for_stop() const;

  const run::StartData& data_;
  std::shared_ptr<const data::Dataset> images_;
  MachineLookConfig config_;
  const core::StopRequest& stop_;
  bool knows_targets_;
  std::map<std::int64_t, double> load_;     // seconds of an image by the height it is loaded at
  std::optional<run::StartShape> guessed_;  // the last candidate
  double guess_ = 0;                        // and its seconds an image
  std::int64_t candidates_ = 0;
};

}  // namespace dbot::tools
