#include "dbot/run/recipe/resolve.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/data/image/value_range.h"
#include "dbot/data/loader/statistics.h"
#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/matrix_choice.h"
#include "dbot/runtime/cuda/device_choice.h"
#include "dbot/runtime/device_figures.h"
#include "dbot/runtime/machine.h"
#include "dbot/runtime/usable_cores.h"
#include "dbot/simd/kernel_level.h"
#include "dbot/train/step_share.h"

namespace dbot::run {
namespace {

using runtime::Precision;
using runtime::PrecisionRequest;

// Enough for two digits of mean and deviation; a few seconds even for large photographs.
constexpr std::int64_t kStatisticsImages = 1024;
// Networks of this width gain from the choice of vectors more than it costs.
constexpr std::int64_t kWideEnough = 64;

PrecisionRequest as_request(Precision precision) {
  return precision == Precision::bf16 ? PrecisionRequest::bf16 : PrecisionRequest::fp32;
}

KernelRequest as_request(simd::KernelLevel level) {
  return static_cast<KernelRequest>(static_cast<int>(level) + 1);
}

ProductRequest as_request(ops::ProductLibrary library) {
  return library == ops::ProductLibrary::own ? ProductRequest::own : ProductRequest::libtorch;
}

/// The default where none was decided: runs begun before there was a choice.
simd::KernelLevel level_of(KernelRequest request) {
  if (request == KernelRequest::automatic) return simd::default_kernel_level();
  return static_cast<simd::KernelLevel>(static_cast<int>(request) - 1);
}

void check_graph(const Recipe& recipe, const runtime::Device& device) {
  if (recipe.train.graph != train::GraphUse::on || !device.is_cpu()) return;
  throw UsageError({.operation = "recipe",
                    .subject = "train.graph",
                    .fault = Fault::unsupported,
                    .reason = "is on, but the CPU computes, which has no graphs",
                    .way_out = "set train.graph = \"auto\", or name a GPU as train.device"});
}

}  // namespace

void resolve_compute(Recipe& recipe, const core::Log& log,
                     const std::optional<runtime::Launched>& launched) {
  const runtime::Device device = runtime::choose_device(recipe.compute.device, log);
  recipe.compute.device = to_string(device);
  check_graph(recipe, device);
  recipe.train.precision = as_request(runtime::precision_on(recipe.train.precision, device, log));
  if (recipe.compute.threads == 0) {
    const int cores = runtime::describe_machine().usable_cores;
    recipe.compute.threads = std::max(
        1, launched ? runtime::default_threads(*launched, cores, runtime::is_bound_by_launcher())
                    : cores);
  }
  if (recipe.train.lanes == 0) {
    recipe.train.lanes = train::default_lanes(launched ? launched->ranks : 1);
  }
}

void resolve_kernels(Recipe& recipe, const core::Log& log) {
  auto& compute = recipe.compute;
  if (compute.kernels == KernelRequest::automatic) {
    compute.kernels = as_request(simd::default_kernel_level());
  }
  simd::use_kernel_level(level_of(compute.kernels));  // refuses what this processor lacks
  if (compute.matrix_products == ProductRequest::automatic) {
    compute.matrix_products = ProductRequest::own;
  } else if (compute.matrix_products == ProductRequest::measured) {
    compute.matrix_products = as_request(ops::measure_product_library());
  }
  use_kernels(recipe, log);
}

void use_kernels(const Recipe& recipe, const core::Log& log) {
  ops::use_product_library(recipe.compute.matrix_products == ProductRequest::libtorch
                               ? ops::ProductLibrary::libtorch
                               : ops::ProductLibrary::own);
  ops::recompute_blocks(recipe.compute.recompute == RecomputeRequest::blocks);
  try {
    simd::use_kernel_level(level_of(recipe.compute.kernels));
  } catch (const UsageError& problem) {
    simd::use_kernel_level("auto");
    log(core::LogLevel::warning,
        fmt::format("{}; {} is used, and the run goes on, but not bit for bit as it would have",
                    problem.what(), simd::name(simd::kernel_level())));
  }
  // A choice for float32 alone; narrow networks spend their time elsewhere.
  if (precision_of(recipe) == Precision::fp32 &&
      methods::catalogue::outline(recipe.method).width >= kWideEnough &&
      ops::product_library() == ops::ProductLibrary::own) {
    ops::choose_matrix_vectors();
  }
}

namespace {

/// Decoding videos to measure them takes longer than it is worth: those of MAE-ST (arXiv
/// 2205.09113).
void use_statistics_of_videos(Recipe& recipe, const core::Log& log) {
  recipe.data.mean = {0.45, 0.45, 0.45};
  recipe.data.std = {0.225, 0.225, 0.225};
  log(core::LogLevel::information,
      "pixels of videos: mean 0.45, deviation 0.225; data.mean and data.std choose others");
}

}  // namespace

void resolve_statistics(Recipe& recipe, const data::Dataset& dataset, const core::Log& log) {
  const auto images = methods::catalogue::outline(recipe.method).images;
  if (!images || !recipe.data.mean.empty()) return;
  if (methods::catalogue::outline(recipe.method).clips)
    return use_statistics_of_videos(recipe, log);
  const auto range = data::range_of(recipe.data.value_range);
  const auto statistics =
      data::measure_statistics(dataset, {static_cast<int>(images->channels), range},
                               kStatisticsImages, static_cast<std::uint64_t>(recipe.train.seed));
  const auto trouble = range.given() ? std::string() : statistics.values.trouble();
  if (!trouble.empty()) log(core::LogLevel::warning, fmt::format("[data] images have {}", trouble));
  recipe.data.mean = statistics.mean;
  recipe.data.std = statistics.std;
  log(core::LogLevel::information,
      fmt::format("pixels measured: mean [{:.4f}], deviation [{:.4f}]",
                  fmt::join(recipe.data.mean, ", "), fmt::join(recipe.data.std, ", ")));
}

namespace {

/// A run stays where it was begun, unless another device is asked for.
runtime::Device resolve_device_like(Recipe& recipe, const Recipe& stored, const core::Log& log) {
  if (recipe.compute.device == "auto") recipe.compute.device = stored.compute.device;
  const runtime::Device device = runtime::choose_device(recipe.compute.device, log);
  recipe.compute.device = to_string(device);
  if (recipe.compute.device == stored.compute.device) return device;
  log(core::LogLevel::information,
      fmt::format("[resume] goes on on {}, was begun on {}: not to the same bits",
                  recipe.compute.device, stored.compute.device));
  return device;
}

}  // namespace

void resolve_like(Recipe& recipe, const Recipe& stored, const core::Log& log) {
  const runtime::Device device = resolve_device_like(recipe, stored, log);
  if (precision_of(stored) == Precision::bf16 && !runtime::has_fast_bf16(device)) {
    throw UsageError(
        {.operation = "resume",
         .subject = "this run",
         .fault = Fault::unsupported,
         .reason = device.is_cpu()
                       ? "was begun in bf16 and this processor does not multiply bf16 matrices"
                       : "was begun in bf16, which " + to_string(device) + " does not multiply",
         .way_out = "go on with it on a machine that does, or begin a new run with "
                    "train.precision = \"fp32\""});
  }
  check_graph(recipe, device);
  if (recipe.compute.threads == 0) recipe.compute.threads = stored.compute.threads;
  if (recipe.train.lanes == 0) recipe.train.lanes = stored.train.lanes;
  if (recipe.compute.kernels == KernelRequest::automatic)
    recipe.compute.kernels = stored.compute.kernels;
  if (recipe.compute.matrix_products == ProductRequest::automatic ||
      recipe.compute.matrix_products == ProductRequest::measured) {
    recipe.compute.matrix_products = stored.compute.matrix_products;
  }
  if (recipe.data.mean.empty()) {
    recipe.data.mean = stored.data.mean;
    recipe.data.std = stored.data.std;
  }
  recipe.train.precision =
      recipe.train.precision == PrecisionRequest::automatic
          ? stored.train.precision
          : as_request(runtime::precision_on(recipe.train.precision, device, log));
}

runtime::Precision precision_of(const Recipe& recipe) {
  return recipe.train.precision == PrecisionRequest::bf16 ? Precision::bf16 : Precision::fp32;
}

int workers_of(const Recipe& recipe) {
  if (recipe.data.workers >= 0) return static_cast<int>(recipe.data.workers);
  return static_cast<int>(std::max<std::int64_t>(1, recipe.compute.threads));
}

}  // namespace dbot::run
