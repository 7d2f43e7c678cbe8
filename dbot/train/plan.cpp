#include "dbot/train/plan.h"

#include <algorithm>
#include <cmath>

namespace dbot::train {

std::int64_t Plan::stage_of(std::int64_t step) const {
  const auto end = std::lower_bound(stage_begin.begin() + 1, stage_begin.end() - 1, step);
  return end - stage_begin.begin() - 1;
}

std::int64_t Plan::begin_of(std::int64_t stage) const {
  return stage_begin.at(static_cast<std::size_t>(stage));
}

std::int64_t Plan::end_of(std::int64_t stage) const {
  return begin_of(stage + 1);
}

std::int64_t Plan::steps_per_epoch_of(std::int64_t stage) const {
  return has_own_data() ? own_steps_per_epoch.at(static_cast<std::size_t>(stage)) : steps_per_epoch;
}

std::int64_t Plan::data_begin_of(std::int64_t stage) const {
  return has_own_data() ? begin_of(stage) : 0;
}

double Plan::epochs_at(std::int64_t step) const {
  const std::int64_t stage = stage_of(step);
  double before = 0;
  for (std::int64_t i = 0; has_own_data() && i < stage; ++i) {
    before += std::ceil(static_cast<double>(end_of(i) - begin_of(i)) /
                        static_cast<double>(steps_per_epoch_of(i)));
  }
  return before + static_cast<double>(step - data_begin_of(stage)) /
                      static_cast<double>(steps_per_epoch_of(stage));
}

bool Plan::ends_interval(std::int64_t step, double epochs) const {
  const std::int64_t stage = stage_of(step), steps = step - data_begin_of(stage);
  if (epochs <= 0 || steps <= 0) return false;
  const auto interval = static_cast<std::int64_t>(
      std::llround(epochs * static_cast<double>(steps_per_epoch_of(stage))));
  return steps % std::max<std::int64_t>(1, interval) == 0;
}

std::int64_t Plan::epoch_ended_at(std::int64_t step) const {
  return std::llround(epochs_at(step));
}

std::vector<std::int64_t> Plan::epoch_ends() const {
  std::vector<std::int64_t> ends;
  for (std::int64_t stage = 0; stage < (has_own_data() ? stages() : 1); ++stage) {
    const std::int64_t end = has_own_data() ? end_of(stage) : total_steps();
    const std::int64_t steps = std::max<std::int64_t>(1, steps_per_epoch_of(stage));
    for (std::int64_t step = data_begin_of(stage) + steps; step <= end; step += steps) {
      ends.push_back(step);
    }
  }
  return ends;
}

void Plan::end_early(std::int64_t stage, std::int64_t step) {
  const std::int64_t left_out = end_of(stage) - step;
  for (auto i = static_cast<std::size_t>(stage) + 1; i < stage_begin.size(); ++i) {
    stage_begin[i] -= left_out;
  }
}

void Plan::end_after(std::int64_t stage) {
  const auto kept = static_cast<std::size_t>(stage) + 1;
  stage_begin.resize(std::min(stage_begin.size(), kept + 1));
  warmup_steps.resize(std::min(warmup_steps.size(), kept));
  if (has_own_data()) own_steps_per_epoch.resize(std::min(own_steps_per_epoch.size(), kept));
}

double rate_of_step(const ScheduleConfig& schedule, const StagesConfig& stages, const Plan& plan,
                    std::int64_t stage, std::int64_t step, double base_lr,
                    std::int64_t images_per_step) {
  const auto place = static_cast<std::size_t>(stage);
  const double peak = optim::scaled_rate(
      stages.base_lr.empty() ? base_lr : stages.base_lr.at(place), images_per_step);
  const optim::RateShape shape{.shape = schedule.shape,
                               .minimum = schedule.min_lr,
                               .milestones = schedule.milestones,
                               .factor = schedule.factor,
                               .power = schedule.power};
  const optim::RateTimes times{.begin = static_cast<double>(plan.begin_of(stage)),
                               .end = static_cast<double>(plan.end_of(stage)),
                               .warmup = plan.warmup_steps.at(place)};
  auto time = static_cast<double>(step);
  const std::int64_t elapsed = step - plan.begin_of(stage);
  const bool warming_up = static_cast<double>(elapsed) < times.warmup;
  if (schedule.unit == ScheduleUnit::epoch && !warming_up) {
    time = static_cast<double>(step - elapsed % plan.steps_per_epoch_of(stage));
    // A warm-up that ends inside an epoch leaves the rest of it to the peak.
    time = std::max(time, times.begin + times.warmup);
  }
  return optim::learning_rate(shape, times, time, peak);
}

}  // namespace dbot::train
