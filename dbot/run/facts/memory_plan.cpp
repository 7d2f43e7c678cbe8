#include "dbot/run/facts/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dbot/core/error.h"
#include "dbot/optim/shards.h"
#include "dbot/report/pictures/health.h"

namespace dbot::run {
namespace {

constexpr double kFloat = 4;  // bytes
// An estimate may be this much too large; only what is beyond it is refused.
constexpr double kTolerance = 1.3;
// Measured: LibTorch's own code and buffers once it computes.
constexpr double kLibTorch = 50e6;  // bytes
// Measured: what loading LibTorch's CUDA library adds to the process (docs/gpu.md).
constexpr double kLibTorchCuda = 230e6;  // bytes
// For matrix products (ops/gpu/kernels.cpp), and as much for LibTorch's.
constexpr double kDeviceWorkspace = 2 * 33554432.0;  // bytes

double number(std::int64_t value) {
  return static_cast<double>(value);
}

/// Features of both splits (`all` numbers an image, of the widest kind `widest`), k-NN's normalised
/// copies and its block of similarities (eval/frozen/knn.cpp).
double features_bytes(const EvaluatedImages& images, double all, double widest) {
  constexpr double kMostSimilarities = 1 << 26, kAtOnce = 128;
  const double similarities = std::min(kMostSimilarities, kAtOnce * number(images.train));
  return kFloat * (number(images.train) * (all + 2 * widest) +
                   number(images.test) * (all + widest) + similarities);
}

/// The cls token, the mean, and the grids that are asked for of a network that has patches.
double network_features_bytes(const EvaluatedImages& images, const eval::EvaluateConfig& config,
                              const methods::Outline& outline) {
  double all = 2, widest = 1;
  const auto kinds = eval::parse_feature_kinds(config.features);
  for (const std::string& kind : kinds.value_or(std::vector<std::string>{})) {
    if (outline.patches.height == 0) break;
    const double cells = number(eval::grid_cells(kind) * eval::grid_cells(kind));
    all += cells;
    widest = std::max(widest, cells);
  }
  return features_bytes(images, number(outline.width) * all, number(outline.width) * widest);
}

double evaluation(const Recipe& recipe, const methods::MethodMemory& method,
                  const EvaluatedImages& images) {
  const methods::Outline outline = methods::catalogue::outline(recipe.method);
  if (images.train <= 0 || !outline.images) return 0;
  const auto& [size, channels] = *outline.images;
  const core::Size raw = eval::raw_pixel_size(size);
  const double pixels = number(raw.height * raw.width * channels);
  const double of_pixels =
      recipe.evaluate.at_stage_ends ? features_bytes(images, pixels, pixels) : 0;
  const double of_network = network_features_bytes(images, recipe.evaluate, outline);
  return std::max({of_pixels, of_network, method.frozen_pass});
}

/// The samples, two crops of each, and what the predictions of some are measured with: the images,
/// predictions, targets and guesses in float32, and differences of them.
double pictures(const Recipe& recipe) {
  constexpr double kBesideSamples = 2, kOfPredictions = 6;
  const methods::Outline outline = methods::catalogue::outline(recipe.method);
  if (!recipe.report.pictures || !outline.images) return 0;
  const auto& [size, channels] = *outline.images;
  const double values = number(size.height * size.width * channels);
  const double samples = number(recipe.report.samples);
  const double predicted = std::min(samples, number(report::LossMeasure{}.samples));
  return values * (samples * (1 + kBesideSamples) + predicted * kFloat * kOfPredictions);
}

}  // namespace

double MemoryPlan::total() const {
  // A checkpoint brings back all that is trained, and weights are filled on the host.
  if (on_device) {
    return program + cache + std::max({images, evaluation, weights + moments + teacher});
  }
  return program + weights + gradients + sums + moments + teacher + cache +
         std::max({activations + images, evaluation, pictures, next_student});
}

double MemoryPlan::device_total() const {
  if (!on_device) return 0;
  return kDeviceWorkspace + weights + gradients + sums + moments + teacher +
         std::max(activations + images, next_student);
}

std::vector<std::pair<std::string, double>> MemoryPlan::items() const {
  return {{"program", program},
          {"weights", weights},
          {"gradients", gradients},
          {"sums", sums},
          {"moments", moments},
          {"teacher", teacher},
          {"activations", activations},
          {"images", images},
          {"cache", cache},
          {"evaluation", evaluation},
          {"pictures", pictures},
          {"next_student", next_student}};
}

EvaluatedImages evaluated_images(const Recipe& recipe, std::int64_t images, bool labelled) {
  const auto& config = recipe.evaluate;
  const bool due = (config.every_epochs > 0 || config.at_stage_ends) &&
                   (config.knn || config.linear) && (labelled || !config.data.empty());
  if (!due) return {};
  const auto limited = [](std::int64_t count, std::int64_t limit) {
    return limit > 0 ? std::min(count, limit) : count;
  };
  // How an undivided set is split; divided ones hold about as many test images.
  return {limited(images, config.max_train_images), limited(images / 5, config.max_test_images)};
}

namespace {

/// Buffers of the size of the gradients: one for each level of the tree of this process' lanes, and
/// a half for what arrives from others.
double sum_buffers(const Recipe& recipe, int processes) {
  const double lanes = number(recipe.train.lanes_or_one()) / processes;
  return (lanes > 1 ? std::log2(lanes) : 0) + (processes > 1 ? 0.5 : 0);
}

}  // namespace

MemoryPlan plan_memory(const Recipe& recipe, const EvaluatedImages& evaluated, int processes) {
  const methods::Surroundings around = surroundings(recipe);
  const methods::MethodMemory method = methods::catalogue::plan_memory(recipe.method, around);
  MemoryPlan plan;
  plan.on_device = recipe.compute.device != "cpu" && recipe.compute.device != "auto";
  plan.program = kLibTorch + (plan.on_device ? kLibTorchCuda : 0);
  const double copies = recipe.validation.keep_best ? 2 : 1;  // the best state is one of all
  plan.weights = copies * method.weights;
  plan.teacher = copies * method.teacher;
  plan.evaluation = evaluation(recipe, method, evaluated);
  plan.pictures = pictures(recipe);
  plan.gradients = method.gradients;
  plan.sums = method.gradients * sum_buffers(recipe, processes);
  plan.moments =
      method.moments / (optim::wants_division(recipe.optimizer, processes) ? processes : 1);
  plan.activations = method.activations;
  plan.images = method.inputs;
  plan.next_student = method.next_student;
  if (around.trains) plan.cache = number(recipe.data.cache_bytes);
  return plan;
}

namespace {

/// `what`: "this machine has", before the number of `bytes`.
void check_bytes(const Recipe& recipe, double planned, double bytes, const std::string& what,
                 const core::Log& log) {
  if (planned <= bytes) return;
  const std::string sizes = fmt::format(
      "{:.3g} GB of memory (train.batch_size {}, {}), {} {:.3g} GB; lower train.batch_size and "
      "raise train.accumulate by the same factor, or choose a smaller model",
      planned / 1e9, recipe.train.batch_size, methods::catalogue::outline(recipe.method).size, what,
      bytes / 1e9);
  if (planned > kTolerance * bytes) {
    throw UsageError({.operation = "recipe",
                      .subject = "the run",
                      .fault = Fault::too_large,
                      .reason = "needs about " + sizes});
  }
  log(core::LogLevel::warning, fmt::format("the run may need {}", sizes));
}

}  // namespace

void check_memory(const Recipe& recipe, std::int64_t machine_bytes, const core::Log& log,
                  int processes) {
  check_bytes(recipe, plan_memory(recipe, {}, processes).total(), number(machine_bytes),
              "this machine has", log);
}

void check_device_memory(const Recipe& recipe, std::int64_t free_bytes, const core::Log& log) {
  check_bytes(recipe, plan_memory(recipe, {}).device_total(), number(free_bytes),
              recipe.compute.device + " has free", log);
}

}  // namespace dbot::run
