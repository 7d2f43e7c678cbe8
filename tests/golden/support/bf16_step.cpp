#include "tests/golden/support/bf16_step.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <string>

#include "dbot/objectives/target.h"
#include "dbot/ops/cpu/kernels/bf16/block_product.h"
#include "dbot/simd/kernel_level.h"
#include "tests/golden/dbot_networks.h"

namespace dbot::golden {
namespace {

using ops::BlockEngine;

// What PyTorch's autocast has on `tiny-32` and ViT-B/16. Other networks are held against LibTorch's
// products in the same block.
constexpr const char* kBoundFile = "dbot_tiny";
constexpr double kBound = 0.0095;

std::string text_of(BlockEngine engine) {
  switch (engine) {
    case BlockEngine::dot_products:
      return "dot products";
    case BlockEngine::tiles:
      return "tiles";
    case BlockEngine::emulated_tiles:
      return "emulated tiles";
    case BlockEngine::none:
      break;
  }
  return "LibTorch's products";
}

/// The kernel level that has the engine, if this processor has it.
bool is_supported(BlockEngine engine) {
  if (engine == BlockEngine::emulated_tiles) return true;
  const auto level =
      engine == BlockEngine::tiles ? simd::KernelLevel::amx : simd::KernelLevel::avx512_bf16;
  const auto levels = simd::supported_kernel_levels();
  return std::find(levels.begin(), levels.end(), level) != levels.end();
}

/// The largest relative error of a gradient after a whole step in bfloat16.
double worst_gradient(const Fixture& fixture, BlockEngine engine) {
  const ops::ChosenEngine chosen(engine);
  const Student student = read_student(fixture);
  const at::Tensor latent =
      student.network.encode(fixture.at("in.images"), student.mask.ids_keep, at::kBFloat16);
  const at::Tensor prediction =
      student.network.decode(latent, student.mask.ids_restore, at::kBFloat16);
  const at::Tensor target =
      objectives::standardise(teacher_features(fixture, /*final_norm=*/false, at::kBFloat16));
  objectives::masked_mean(objectives::token_loss(prediction, target, feature_loss(fixture)),
                          student.loss_positions)
      .backward();
  double worst = 0;
  for (const std::string& name : fixture.names("g.")) {
    const at::Tensor& expected = fixture.at("g." + name);
    const at::Tensor found = student.network.parameters()->at(name).grad();
    worst = std::max(worst, ((found - expected).norm() / expected.norm()).item<double>());
  }
  return worst;
}

}  // namespace

void check_bf16_step(const Fixture& fixture, Comparison& comparison) {
  // The reference path and devices without kernels: plain ATen calls.
  if (simd::kernel_level() == simd::KernelLevel::reference || !fixture.device().is_cpu()) return;
  const double limit =
      fixture.path.stem() == kBoundFile ? kBound : worst_gradient(fixture, BlockEngine::none);
  for (const BlockEngine engine :
       {BlockEngine::emulated_tiles, BlockEngine::dot_products, BlockEngine::tiles}) {
    if (!is_supported(engine)) continue;
    comparison.number("worst gradient in bf16, " + text_of(engine), worst_gradient(fixture, engine),
                      0.0, limit);
  }
}

}  // namespace dbot::golden
