#include "tests/golden/harness/comparison.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "dbot/core/error.h"
#include "dbot/exchange/tensor_file.h"
#include "tests/core/temporary_folder.h"

namespace dbot::golden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kEndless = std::numeric_limits<double>::infinity();

at::Tensor ones(std::int64_t count) {
  return at::ones({count}, at::TensorOptions(at::kDouble));
}

/// `tensor` with one element changed.
at::Tensor with(const at::Tensor& tensor, std::int64_t place, double value) {
  at::Tensor changed = tensor.clone();
  changed.select(0, place).fill_(value);
  return changed;
}

Fixture fixture_of(runtime::NamedTensors tensors) {
  return {"made_up", std::move(tensors), {}};
}

/// Whether a comparison of the tensor "x" with `ours` passes.
template <typename Compare>
bool passes(const at::Tensor& expected, const Compare& compare) {
  const Fixture fixture = fixture_of({{"x", expected}});
  Comparison comparison(fixture);
  compare(comparison);
  comparison.finish();
  return comparison.ok();
}

bool elements_pass(const at::Tensor& ours, const at::Tensor& expected, ElementLimit limit) {
  return passes(expected, [&](Comparison& c) { c.elements("x", ours, limit); });
}

bool exact_passes(const at::Tensor& ours, const at::Tensor& expected) {
  return passes(expected, [&](Comparison& c) { c.exact("x", ours); });
}

TEST(GoldenComparison, FailsForOneTensorOfAFileThatNobodyLookedAt) {
  const test::TemporaryFolder folder;
  exchange::write_tensor_file(
      folder / "f.safetensors",
      {{"input.a", ones(2)}, {"latent", ones(2)}, {"mask", ones(2)}, {"grad.w", ones(2)}},
      {{"case", "made.up"}});
  const Fixture fixture = read_fixture(folder / "f.safetensors");
  Comparison comparison(fixture);
  fixture.at("input.a");
  comparison.elements("latent", ones(2), element_limits::value);
  comparison.gradient("grad.w", ones(2), element_limits::gradient);
  EXPECT_TRUE(comparison.ok());
  comparison.finish();
  EXPECT_FALSE(comparison.ok());
  EXPECT_THAT(comparison.unseen(), ElementsAre("mask"));
  EXPECT_THAT(comparison.failures(), ElementsAre(HasSubstr("mask was neither read nor compared")));
}

TEST(GoldenComparison, NamesEveryTensorThatNobodyLookedAt) {
  const Fixture fixture = fixture_of({{"loss_a", ones(1)}, {"loss_b", ones(1)}, {"w.c", ones(1)}});
  Comparison comparison(fixture);
  comparison.elements("loss_a", ones(1), element_limits::loss);
  comparison.finish();
  EXPECT_THAT(comparison.unseen(), ElementsAre("loss_b", "w.c"));
}

TEST(GoldenComparison, ReadingAResultIsNotEnough) {
  for (const char* result : {"out.pred", "g.head.weight", "g_raw.head.weight", "act.block0", "loss",
                             "loss_total", "grad.head.weight", "grad_soft.w", "after.queue",
                             "opt.step", "reset.loss", "switch0.student_before.w"}) {
    const Fixture fixture = fixture_of({{"in.x", ones(1)}, {result, ones(1)}});
    Comparison comparison(fixture);
    comparison.truth("something holds", true);
    fixture.with_prefix("");
    comparison.finish();
    EXPECT_THAT(comparison.unseen(), ElementsAre(result));
  }
  const Fixture start = fixture_of({{"switch0.student_after.w", ones(1)}});
  Comparison comparison(start);
  start.at("switch0.student_after.w");
  comparison.finish();
  EXPECT_THAT(comparison.unseen(), IsEmpty());
}

TEST(GoldenComparison, ATensorIsDismissedByNameWithAWordWhy) {
  const Fixture fixture = fixture_of({{"x", ones(1)}, {"out.unused", ones(1)}});
  Comparison comparison(fixture);
  comparison.exact("x", ones(1));
  EXPECT_THROW(comparison.dismiss("out.unused", ""), Error);
  EXPECT_THROW(comparison.dismiss("out.", "a prefix is no name"), Error);
  comparison.dismiss("out.unused", "the reference does not use it either");
  comparison.finish();
  EXPECT_TRUE(comparison.ok());
  EXPECT_EQ(comparison.dismissed().size(), 1U);
}

TEST(GoldenComparison, ACaseThatComparesNothingFails) {
  Comparison comparison;
  comparison.finish();
  EXPECT_FALSE(comparison.ok());
  EXPECT_THAT(comparison.failures(), ElementsAre("nothing was compared"));
}

TEST(GoldenComparison, ElementsCatchOneWrongElementThatRelativeL2Forgives) {
  const at::Tensor expected = with(ones(10000) * 1000, 3, 0.5), ours = with(expected, 3, 0.6);
  EXPECT_TRUE(passes(expected, [&](Comparison& c) { c.tensor("x", ours, limits::value); }));
  EXPECT_FALSE(elements_pass(ours, expected, element_limits::value));
  EXPECT_TRUE(elements_pass(expected, expected, element_limits::value));
}

TEST(GoldenComparison, ElementLimitsAreAbsolutePlusRelative) {
  const ElementLimit limit{.absolute = 0.1, .relative = 0.01};
  const at::Tensor expected = at::tensor({100.0, 0.0});
  EXPECT_TRUE(elements_pass(at::tensor({101.09, 0.09}), expected, limit));
  EXPECT_FALSE(elements_pass(at::tensor({101.11, 0.09}), expected, limit));
  EXPECT_FALSE(elements_pass(at::tensor({101.09, -0.11}), expected, limit));
  EXPECT_FALSE(elements_pass(at::tensor({100.0, 1e-9}), expected, element_limits::table));
}

TEST(GoldenComparison, ElementsNameTheWorstElement) {
  const Fixture fixture = fixture_of({{"x", ones(3)}});
  Comparison comparison(fixture);
  comparison.elements("x", at::tensor({1.2, 1.5, 1.0}), {.absolute = 0.1});
  EXPECT_DOUBLE_EQ(comparison.error(), 0.5);
  EXPECT_DOUBLE_EQ(comparison.limit(), 0.1);
  EXPECT_THAT(comparison.failures(), ElementsAre(HasSubstr("x, element 1: error 5.00e-01")));
}

TEST(GoldenComparison, NotANumberHasItsPlaces) {
  const at::Tensor expected = at::tensor({1.0, kNan, kEndless});
  EXPECT_TRUE(elements_pass(expected, expected, element_limits::value));
  EXPECT_TRUE(exact_passes(expected, expected));
  for (const at::Tensor& ours :
       {at::tensor({kNan, 1.0, kEndless}), at::tensor({kNan, kNan, kEndless}),
        at::tensor({1.0, 1.0, kEndless}), at::tensor({1.0, kNan, -kEndless}),
        at::tensor({1.0, kNan, 1.0}), at::tensor({kEndless, kNan, kEndless})}) {
    EXPECT_FALSE(elements_pass(ours, expected, element_limits::value)) << ours[0].item<double>();
    EXPECT_FALSE(exact_passes(ours, expected)) << ours[0].item<double>();
  }
  const at::Tensor finite = at::tensor({1.0, 2.0}), broken = at::tensor({1.0, kNan});
  EXPECT_FALSE(passes(finite, [&](Comparison& c) { c.tensor("x", broken, limits::value); }));
  EXPECT_FALSE(passes(finite, [&](Comparison& c) { c.scaled("x", broken, limits::value); }));
}

TEST(GoldenComparison, DoublePrecisionIsComparedAsSuch) {
  const at::Tensor expected = at::tensor({1.0 / 3.0, 1e6 / 3.0});
  EXPECT_TRUE(passes(expected, [&](Comparison& c) { c.scaled("x", expected, 1e-12); }));
  const at::Tensor single = expected.to(at::kFloat);
  EXPECT_FALSE(passes(expected, [&](Comparison& c) { c.scaled("x", single, 1e-9); }));
  EXPECT_FALSE(elements_pass(expected * (1 + 1e-8), expected, {.relative = 1e-9}));
  // Beyond 2^53 two integers may be one double.
  const std::int64_t large = (std::int64_t{1} << 53) + 1;
  EXPECT_FALSE(exact_passes(at::tensor({large - 1}), at::tensor({large})));
}

TEST(GoldenComparison, ScaledLimitsAreAbsoluteBelowOneAndRelativeAbove) {
  const auto scaled = [](double ours, double expected) {
    return passes(at::tensor({expected}),
                  [&](Comparison& c) { c.scaled("x", at::tensor({ours}), 1e-3); });
  };
  EXPECT_TRUE(scaled(0.0109, 0.01));
  EXPECT_FALSE(scaled(0.0111, 0.01));
  EXPECT_TRUE(scaled(1000.9, 1000));
  EXPECT_FALSE(scaled(1001.1, 1000));
}

TEST(GoldenComparison, AMaskChoosesWhatIsComparedExactly) {
  const at::Tensor expected = at::tensor({1.0, 2.0, 3.0}), ours = at::tensor({1.0, 9.0, 3.0});
  const auto where = [&](const at::Tensor& mask) {
    return passes(expected, [&](Comparison& c) { c.exact_where("x", ours, mask); });
  };
  EXPECT_TRUE(where(at::tensor({1, 0, 1})));
  EXPECT_FALSE(where(at::tensor({1, 1, 1})));
  EXPECT_FALSE(where(at::tensor({0, 0, 0}))) << "a mask without places compares nothing";
  EXPECT_FALSE(where(at::tensor({1, 0})));
}

TEST(GoldenComparison, ShapesAgreeExceptForASingleNumber) {
  EXPECT_FALSE(elements_pass(ones(4).view({2, 2}), ones(4), element_limits::value));
  EXPECT_FALSE(elements_pass(at::Tensor(), ones(4), element_limits::value));
  EXPECT_TRUE(elements_pass(ones(1).squeeze(0), ones(1), element_limits::loss));
  EXPECT_FALSE(exact_passes(ones(4).view({2, 2}), ones(4)));
}

/// Passes for `bias` as the gradient of `name` beside a largest gradient of 100.
template <typename Limit>
bool gradient_passes(const std::string& name, const at::Tensor& expected, const at::Tensor& ours,
                     Limit limit) {
  const Fixture fixture = fixture_of({{name, expected}, {"grad.head.weight", ones(2) * -100}});
  Comparison comparison(fixture);
  comparison.gradient("grad.head.weight", ones(2) * -100, limit);
  comparison.gradient(name, ours, limit);
  comparison.finish();
  return comparison.ok();
}

TEST(GoldenComparison, GradientsAreAbsoluteByTheLargestOfTheFile) {
  const at::Tensor small = ones(2) * 1e-6;
  EXPECT_TRUE(gradient_passes("grad.b", small, small + 9e-4, element_limits::gradient));
  EXPECT_FALSE(gradient_passes("grad.b", small, small + 1.1e-3, element_limits::gradient));
}

TEST(GoldenComparison, KeyBiasesAreComparedAbsolutely) {
  // Queries, keys, values; noise in the keys, twice the reference's.
  const at::Tensor fused = at::tensor({1.0, 1e-9, 1.0}), noise = at::tensor({1.0, 2e-9, 1.0});
  const at::Tensor key = at::tensor({1e-9}), key_noise = at::tensor({-2e-9});
  const auto passes_both = [](const char* name, const at::Tensor& expected,
                              const at::Tensor& ours) {
    const bool elements = gradient_passes(name, expected, ours, element_limits::gradient);
    EXPECT_EQ(elements, gradient_passes(name, expected, ours, limits::gradient)) << name;
    return elements;
  };
  EXPECT_TRUE(passes_both("grad.blocks.0.attn.qkv.bias", fused, noise));
  EXPECT_TRUE(passes_both("grad.blocks.0.attn.k.bias", key, key_noise));
  EXPECT_FALSE(passes_both("grad.blocks.0.attn.k.bias", key, at::tensor({1e-2})));
  EXPECT_FALSE(passes_both("grad.blocks.0.attn.qkv.bias", fused, at::tensor({1.0, 1e-2, 1.0})));
  EXPECT_FALSE(passes_both("grad.blocks.0.attn.qkv.bias", fused, at::tensor({1.0, 1e-9, 1.1})));
  EXPECT_FALSE(passes_both("grad.blocks.0.attn.k.bias", key, at::tensor({1e-9, 1e-9})));
}

TEST(GoldenComparison, WeightsAfterAStepAreComparedWithoutKeyBiases) {
  const auto weights_pass = [](const char* name, const at::Tensor& expected,
                               const at::Tensor& ours) {
    const Fixture fixture = fixture_of({{name, expected}});
    Comparison comparison(fixture);
    comparison.parameter(name, ours, limits::step_weight);
    comparison.finish();
    return comparison.ok();
  };
  const at::Tensor fused = at::tensor({1.0, 1.0, 1.0}), key = at::tensor({1.0});
  EXPECT_TRUE(weights_pass("out.final.attn.qkv.bias", fused, at::tensor({1.0, 7.0, 1.0})));
  EXPECT_FALSE(weights_pass("out.final.attn.qkv.bias", fused, at::tensor({1.0, 1.0, 7.0})));
  EXPECT_TRUE(weights_pass("out.final.attn.k.bias", key, at::tensor({7.0})));
  EXPECT_FALSE(weights_pass("out.final.attn.k.bias", key, at::tensor({1.0, 1.0})));
  EXPECT_FALSE(weights_pass("out.final.attn.q.bias", key, at::tensor({7.0})));
}

TEST(GoldenComparison, BitsDifferWhereNumbersAgree) {
  const auto bits = [](const at::Tensor& ours, const at::Tensor& expected) {
    return passes(expected, [&](Comparison& c) { c.bits("x", ours, "x of a file"); });
  };
  EXPECT_TRUE(bits(at::tensor({kNan}), at::tensor({kNan})));
  EXPECT_FALSE(bits(at::tensor({-0.0}), at::tensor({0.0})));
  EXPECT_FALSE(bits(at::tensor({1}), at::tensor({1.0})));
}

}  // namespace
}  // namespace dbot::golden
