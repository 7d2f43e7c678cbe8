#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <string>

#include "dbot/nn/masked/mask_bits.h"
#include "dbot/ops/top_fraction_mask.h"
#include "tests/golden/exssnet/recorded_tasks.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

constexpr ElementLimit kGradientLimit{.absolute = 1e-6, .relative = 1e-6};

void compare_mask(const Fixture& fixture, const std::string& prefix, double density,
                  Comparison& comparison) {
  const at::Tensor scores = fixture.at(prefix + "scores").clone().requires_grad_(true);
  const at::Tensor weight = fixture.at(prefix + "weight");
  const at::Tensor mask = ops::top_fraction_mask(scores, density);
  comparison.exact(prefix + "mask", mask.to(at::kByte));
  comparison.equal(prefix + "mask, stored as bits",
                   nn::unpack_mask(nn::pack_mask(mask), mask.sizes()), mask);
  const at::Tensor used = ops::supermasked(weight, scores, mask);
  comparison.equal(prefix + "weights under the mask", used.detach(), weight * mask.to(at::kFloat));
  (used * fixture.at(prefix + "upstream")).sum().backward();
  comparison.elements(prefix + "grad_scores", scores.grad(), kGradientLimit);
}

}  // namespace

void check_exssnet_masks(const Fixture& fixture, Comparison& comparison) {
  const nlohmann::json& cases = fixture.config.at("cases");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto density = cases[i].at("k").get<double>();
    compare_mask(fixture, std::to_string(i) + ".", density, comparison);
    comparison.number(
        "zeroed", static_cast<double>(ops::left_out(cases[i].at("n").get<std::int64_t>(), density)),
        cases[i].at("zeroed").get<double>(), 0);
  }
  if (!fixture.has("count_table")) return;
  at::Tensor counts = fixture.at("count_table").clone();
  for (std::int64_t row = 0; row < counts.size(0); ++row) {
    const auto elements = counts[row][0].item<double>();
    counts[row][2] = static_cast<double>(
        ops::left_out(static_cast<std::int64_t>(elements), counts[row][1].item<double>()));
  }
  comparison.exact("count_table", counts);
}

}  // namespace dbot::golden
