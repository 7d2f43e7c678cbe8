#include "dbot/run/start/plan_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dbot/core/error.h"
#include "dbot/run/start/start_rules.h"

namespace dbot::run {
namespace {

// Of a run beside what is measured: networks, kernels, files, the page and the checkpoints.
constexpr double kSetUpSeconds = 1.5;
constexpr double kSecondsOfAStage = 0.5;

double number(std::int64_t value) {
  return static_cast<double>(value);
}

/// The last row that `fits`; the first always does.
template <typename Rules, typename Fits>
std::size_t last_row(const Rules& rules, const Fits& fits) {
  std::size_t row = rules.size() - 1;
  while (row > 0 && !fits(rules[row])) --row;
  return row;
}

/// Of the time, what is left for training and all that belongs to it.
double time_of_run(const StartData& data, const StartRequest& request) {
  return request.seconds - request.looking - data.open_seconds - kSetUpSeconds;
}

double mean_cost(const StageRule& rule, const StartCosts& costs) {
  double sum = 0;
  for (std::int64_t i = 0; i < rule.count; ++i) {
    sum += rule.targets.at(static_cast<std::size_t>(i)) == "pixels" ? costs.pixels : costs.teacher;
  }
  return sum / number(rule.count);
}

/// A plan with the stages of a rule; its images seen are what fits, and may be none.
StartPlan with_stages(const StageRule& rule, const StartData& data, const StartRequest& request,
                      const StartShape& shape, const StartCosts& costs) {
  StartPlan plan;
  plan.shape = shape;
  for (std::int64_t i = 0; i < rule.count; ++i) {
    plan.targets.emplace_back(rule.targets.at(static_cast<std::size_t>(i)));
  }
  plan.labels = affordable_labels(shape, data, costs, rule.count, request.seconds);
  StartForecast& forecast = plan.forecast;
  forecast.looking = request.looking;
  forecast.set_up = data.open_seconds + kSetUpSeconds + kSecondsOfAStage * number(rule.count);
  forecast.evaluations = evaluation_seconds(plan.labels, shape, data, costs, rule.count);
  forecast.pictures = number(rule.count + 1) * costs.pictures;
  if (forecast.pictures > kPictureShare * request.seconds) {
    plan.pictures = false;
    forecast.pictures = 0;
  }
  const double left = request.seconds - forecast.total_seconds();
  const double of_an_image = mean_cost(rule, costs);
  plan.images_seen = std::max<std::int64_t>(0, static_cast<std::int64_t>(left / of_an_image));
  plan.loading_share = std::min(1.0, costs.load / of_an_image);
  return plan;
}

/// Whole steps, so that every stage has the same number, and what they cost.
void round_length(StartPlan& plan, const StartData& data, double of_an_image) {
  const auto stages = static_cast<std::int64_t>(plan.targets.size());
  const std::int64_t block = stages * plan.batch_size;
  plan.images_seen = plan.images_seen / block * block;
  plan.forecast.training = number(plan.images_seen) * of_an_image;
  const std::int64_t epoch = data.images / plan.batch_size * plan.batch_size;
  plan.warmup_epochs = kWarmUpShare * number(plan.images_seen / stages) / number(epoch);
}

void require_steps(const StartPlan& plan, const StartRequest& request, double of_an_image) {
  if (plan.images_seen >= kStepsWorthARun * plan.batch_size) return;
  const double needed = 1.3 * (plan.forecast.total_seconds() +
                               number(kStepsWorthARun * plan.batch_size) * of_an_image);
  throw UsageError(
      {.operation = "start",
       .subject = fmt::format("{:.3g} minutes", request.seconds / 60),
       .fault = Fault::too_large,
       .reason = fmt::format("hold {} steps of the smallest network here, expected at least {}",
                             plan.images_seen / plan.batch_size, kStepsWorthARun),
       .way_out = fmt::format("give it {:.0f} minutes or more", std::ceil(needed / 60))});
}

}  // namespace

void check_start_data(const StartData& data) {
  const auto refuse = [](Fault fault, std::string subject, std::string reason, const char* way) {
    throw DataError({.operation = "start",
                     .subject = std::move(subject),
                     .fault = fault,
                     .reason = std::move(reason),
                     .way_out = way});
  };
  if (data.looked_at > 0 && data.readable == 0) {
    refuse(Fault::unreadable, fmt::format("the first {} images", data.looked_at),
           "cannot be read, none of them", "a check of the data names what is wrong with each");
  }
  if (data.images < kFewestImages) {
    refuse(Fault::missing, "the data set",
           fmt::format("has {} {}, expected at least {}: from fewer nothing is learned that holds "
                       "for others",
                       data.images, data.images == 1 ? "image" : "images", kFewestImages),
           "add images of the same kind, labels are not needed; for so few use a backbone that "
           "others have trained");
  }
  if (data.readable > 1 && data.distinct == 1) {
    refuse(Fault::mismatch, fmt::format("{} images of {}", data.readable, data.images),
           "were looked at and all are the same file",
           "copies teach nothing: add other images; a check of the data lists copies");
  }
  if (!data.std.empty() && *std::ranges::max_element(data.std) < 1e-3) {
    refuse(Fault::mismatch, "the images", "are all of one colour: there is nothing to predict",
           "look at some of them; a value range of other files may be wrong (data.value_range)");
  }
}

std::int64_t start_batch(std::int64_t images) {
  return kBatchRules[last_row(kBatchRules,
                              [&](const BatchRule& rule) { return images >= rule.from_images; })]
      .batch_size;
}

StartShape choose_shape(const StartData& data, const StartRequest& request,
                        const std::function<double(const StartShape&)>& seconds) {
  // Evaluations and pictures will take about as much as they may.
  const double time = (1 - kEvaluationShare) * std::max(0.0, time_of_run(data, request));
  StartShape shape{
      last_row(kSizeRules,
               [&](const SizeRule& rule) { return data.shorter_side >= rule.from_side; }),
      0};
  // Less detail than 32 px costs hardly less time.
  constexpr std::size_t kSmallestBelow = 1;
  double of_an_image = seconds(shape);
  while (time / of_an_image < kImagesForASize && shape.size > kSmallestBelow) {
    --shape.size;
    of_an_image = seconds(shape);
  }
  while (shape.network + 1 < kNetworkRules.size()) {
    const NetworkRule& larger = kNetworkRules.at(shape.network + 1);
    // A larger network is no quicker: what does not fit by the smaller's time is not measured.
    if (data.images < larger.from_images || time / of_an_image < larger.from_images_seen) break;
    const double of_larger = seconds({shape.size, shape.network + 1});
    if (time / of_larger < larger.from_images_seen) break;
    ++shape.network;
    of_an_image = of_larger;
  }
  return shape;
}

StartPlan plan_start(const StartData& data, const StartRequest& request, const StartShape& shape,
                     const StartCosts& costs) {
  StartPlan plan;
  double of_an_image = 0;
  for (auto rule = kStageRules.rbegin(); rule != kStageRules.rend(); ++rule) {
    if (rule->count > 1 && !request.knows_targets) continue;
    plan = with_stages(*rule, data, request, shape, costs);
    of_an_image = mean_cost(*rule, costs);
    if (number(plan.images_seen) >= rule->from_images_seen) break;
  }
  plan.batch_size = start_batch(data.images);
  while (plan.batch_size > kSmallestHalvedBatch &&
         plan.images_seen < kFewestSteps * plan.batch_size) {
    plan.batch_size /= 2;
  }
  require_steps(plan, request, of_an_image);
  round_length(plan, data, of_an_image);
  return plan;
}

}  // namespace dbot::run
