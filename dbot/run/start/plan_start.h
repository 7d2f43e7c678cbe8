#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dbot/run/start/start_facts.h"
#include "dbot/run/start/start_forecast.h"

// From facts to a plan, by the rules of start_rules.h alone: nothing is measured, read or printed.
namespace dbot::run {

struct StartPlan {
  StartShape shape;
  std::int64_t batch_size = 0;
  std::vector<std::string> targets;  // of each stage: "pixels", "teacher"
  std::int64_t images_seen = 0;      // of all stages
  double warmup_epochs = 0;          // of each stage
  StartLabels labels;                // none: no evaluations
  bool pictures = true;
  double loading_share = 0;  // of the time of training, if nothing else were done meanwhile
  StartForecast forecast;
};

/// Throws DataError for a set from which nothing can be learned: too few images, all the same, none
/// that can be read.
void check_start_data(const StartData& data);

/// The images of a step for a set of so many.
std::int64_t start_batch(std::int64_t images);

/// The largest size and network that see enough images in the time. `seconds` measures a candidate:
/// mean seconds of training on an image. It is asked from small to large, and for no more than are
/// needed.
StartShape choose_shape(const StartData& data, const StartRequest& request,
                        const std::function<double(const StartShape&)>& seconds);

/// Everything else, once the shape was measured. Throws UsageError where the time holds too few
/// steps, naming the time that would do.
StartPlan plan_start(const StartData& data, const StartRequest& request, const StartShape& shape,
                     const StartCosts& costs);

}  // namespace dbot::run
