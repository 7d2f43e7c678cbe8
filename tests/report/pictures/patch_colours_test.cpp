#include "dbot/report/pictures/components/patch_colours.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/files/files.h"
#include "dbot/report/pictures/components/component_colours.h"
#include "tests/core/temporary_folder.h"

namespace dbot::report {
namespace {

constexpr std::int64_t kPatches = 48;
constexpr core::Size kGrid{6, 8};

/// Three features that vary independently, by 3 : 2 : 1. float64 [patches, 3].
at::Tensor example_features() {
  const at::Tensor place = at::arange(kPatches, at::kDouble);
  return at::stack({3 * (place * 1.3).sin(), 2 * (place * 0.7 + 1).cos(), (place * 2.9).sin()}, 1);
}

/// The same content as another network has it: features in another order, with other signs and
/// strengths, turned into another space.
at::Tensor features_of_another_network() {
  const at::Tensor first = example_features();
  const at::Tensor own =
      at::stack({first.select(1, 1) * -0.4, first.select(1, 2) * 5, first.select(1, 0) * -0.9}, 1);
  const at::Tensor turn = at::tensor({0.6, 0.8, 0.0, -0.8, 0.6, 0.0, 0.0, 0.0, -1.0}, at::kDouble);
  return at::matmul(own, turn.view({3, 3}));
}

double mean_difference(const data::Image& a, const data::Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

TEST(PatchColours, OfALaterMomentFollowTheEarlierOnes) {
  const test::TemporaryFolder folder;
  const data::Image first = ComponentColours(example_features()).paint(example_features(), kGrid);
  write_patch_colours(folder.path(), "features", {first});
  const at::Tensor earlier = read_patch_colours(folder.path(), "features", 1, kGrid);
  ASSERT_TRUE(earlier.defined());
  const at::Tensor later = features_of_another_network();
  const data::Image free = ComponentColours(later).paint(later, kGrid);
  const data::Image following = ComponentColours(later, earlier).paint(later, kGrid);
  EXPECT_GT(mean_difference(free, first), 40) << "the example has nothing to align";
  EXPECT_LT(mean_difference(following, first), 12);
}

TEST(PatchColours, AreReadOnlyWhereTheyFit) {
  const test::TemporaryFolder folder;
  const data::Image image = ComponentColours(example_features()).paint(example_features(), kGrid);
  write_patch_colours(folder.path(), "features", {image, image});
  const at::Tensor both = read_patch_colours(folder.path(), "features", 2, kGrid);
  ASSERT_TRUE(both.defined());
  EXPECT_EQ(both.size(0), 2 * kPatches);
  EXPECT_TRUE(at::equal(both.narrow(0, 0, kPatches), both.narrow(0, kPatches, kPatches)));
  EXPECT_FALSE(read_patch_colours(folder.path(), "features", 1, kGrid).defined());
  EXPECT_FALSE(read_patch_colours(folder.path(), "features", 2, {8, 6}).defined());
  EXPECT_FALSE(read_patch_colours(folder.path(), "attention", 2, kGrid).defined());
  EXPECT_FALSE(read_patch_colours({}, "features", 2, kGrid).defined());
  core::write_file_synced(folder / "features-patches.png", "\x89PNG\r\n\x1a\nbroken");
  EXPECT_FALSE(read_patch_colours(folder.path(), "features", 2, kGrid).defined());
}

TEST(PatchColours, EqualColoursEarlierAlignNothingAndHarmNothing) {
  const at::Tensor grey = at::arange(kPatches, at::kDouble).mul(0).to(at::kByte).unsqueeze(1);
  const data::Image following = ComponentColours(example_features(), grey.expand({kPatches, 3}))
                                    .paint(example_features(), kGrid);
  EXPECT_EQ(following.pixels,
            ComponentColours(example_features()).paint(example_features(), kGrid).pixels);
}

}  // namespace
}  // namespace dbot::report
