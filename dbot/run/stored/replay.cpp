#include "dbot/run/stored/replay.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/methods/state_names.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/run/stored/finite_checks.h"
#include "dbot/run/stored/stored_method.h"
#include "dbot/runtime/cuda/device_choice.h"
#include "dbot/runtime/machine.h"

namespace dbot::run {
namespace {

/// Not-a-numbers are alike: their bits depend on the processor's mood, their cause is what counts.
bool same(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

void append(std::vector<FiniteCheck>& all, std::vector<FiniteCheck> more) {
  for (FiniteCheck& check : more) {
    if (check.values > 0) all.push_back(std::move(check));
  }
}

/// The micro-batch in which the step went wrong; the first if none did.
std::size_t worth_looking_at(const std::vector<double>& losses) {
  for (std::size_t micro = 0; micro < losses.size(); ++micro) {
    if (!std::isfinite(losses[micro])) return micro;
  }
  return 0;
}

}  // namespace

Replay replay(const std::filesystem::path& folder, std::optional<runtime::Precision> precision,
              const core::Log& log) {
  const train::Capture capture = train::read_capture(folder);
  Recipe recipe = read_recipe(capture.recipe, (folder / "capture.toml").string());
  recipe.compute.device = to_string(runtime::device_like(recipe.compute.device, log));
  const int threads = runtime::configure_compute(static_cast<int>(recipe.compute.threads));
  use_kernels(recipe, log);
  if (threads != recipe.compute.threads) {
    log(core::LogLevel::warning,
        fmt::format("the step was made with {} compute threads, here are {}: it need not be the "
                    "same bit for bit",
                    recipe.compute.threads, threads));
  }

  Replay result;
  result.recorded = capture.record;
  result.recorded_precision = precision_of(recipe);
  result.precision = precision.value_or(result.recorded_precision);
  const std::int64_t stage = capture.before.state.stage;
  const auto method = stored_method(recipe, stage, capture.before.tensors);
  const auto groups = method->parameter_groups(recipe.optimizer.weight_decay);

  optim::LaneSum lanes(recipe.train.lanes_or_one());
  train::GradientStep step(
      *method, {stage, capture.before.state.step, result.precision},
      train::whole_step(std::ssize(capture.micro_batches), recipe.train.lanes_or_one()), lanes);
  for (const train::MicroBatch& micro : capture.micro_batches) step.add(micro);
  result.losses = step.losses();
  result.loss = step.mean_loss();
  result.gradient_norm =
      step.finite() ? optim::gradient_norm(groups) : std::numeric_limits<double>::quiet_NaN();
  result.gradients = train::checksum_of_gradients(groups);
  result.bit_identical = same(result.losses, result.recorded.losses) &&
                         same(result.gradient_norm, result.recorded.gradient_norm) &&
                         result.gradients == result.recorded.gradients;

  append(result.checks, check_state(capture.before.tensors));
  if (!capture.micro_batches.empty()) {
    append(result.checks,
           check_forward(*method, capture.micro_batches[worth_looking_at(result.losses)],
                         result.precision));
  }
  append(result.checks, check_gradients(*method));
  return result;
}

}  // namespace dbot::run
