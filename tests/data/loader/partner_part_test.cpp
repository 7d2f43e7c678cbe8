#include "dbot/data/loader/partner_part.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "dbot/core/error.h"
#include "tests/data/loader/loader_batches.h"
#include "tests/data/memory_dataset.h"

namespace dbot::data {
namespace {

using test::MemoryDataset;

/// Labels alone.
class Labelled final : public Dataset {
 public:
  explicit Labelled(std::vector<std::int64_t> labels) : labels_(std::move(labels)) {}
  std::int64_t size() const override { return std::ssize(labels_); }
  void read(std::int64_t, Sample& sample) const override { sample.begin("sample"); }
  std::int64_t label(std::int64_t index) const override {
    return labels_.at(static_cast<std::size_t>(index));
  }
  std::string name(std::int64_t index) const override { return std::to_string(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::vector<std::int64_t> labels_;
  std::vector<std::string> classes_{"a", "b", "c", "d"};
};

// Computed apart from this program, from the rule of i-MAE's pairs: candidates in ascending order,
// without the sample; of its class where the first draw is below the share, here 0.5.
TEST(PartnerChoice, HoldsTheRuleOfPairs) {
  const std::vector<std::int64_t> labels{3, 3, 1, 3, 3, 1, 3, 0, 2, 0, 0, 2, 3, 0,
                                         2, 1, 0, 2, 2, 0, 2, 3, 2, 0, 1, 2, 2, 2,
                                         2, 0, 3, 3, 1, 2, 3, 1, 0, 2, 2, 0};
  constexpr std::array kOfClass{
      0.581706, 0.224706, 0.143112, 0.914222, 0.825839, 0.278893, 0.58331,  0.048948,
      0.521975, 0.431157, 0.681727, 0.887128, 0.512729, 0.998696, 0.820325, 0.667557,
      0.374784, 0.780634, 0.07056,  0.024364, 0.679842, 0.310682, 0.96014,  0.347184,
      0.333208, 0.079259, 0.779373, 0.497654, 0.577404, 0.236332, 0.399841, 0.53133,
      0.089697, 0.324813, 0.195263, 0.234029, 0.497637, 0.896664, 0.993689, 0.882212};
  constexpr std::array kWhich{0.711691, 0.752988, 0.562918, 0.011317, 0.672637, 0.177856, 0.075452,
                              0.705548, 0.619349, 0.481284, 0.373277, 0.692796, 0.600457, 0.762012,
                              0.213871, 0.050814, 0.730364, 0.310781, 0.863595, 0.549225, 0.402006,
                              0.277535, 0.956263, 0.815656, 0.314158, 0.575038, 0.700679, 0.937208,
                              0.135809, 0.935134, 0.090356, 0.908024, 0.37348,  0.831292, 0.036414,
                              0.084127, 0.223365, 0.844928, 0.191688, 0.425992};
  const std::vector<std::int64_t> expected{28, 30, 24, 2,  27, 2,  7,  29, 23, 19, 15, 29, 25, 30,
                                           5,  1,  29, 9,  37, 16, 12, 3,  36, 36, 5,  26, 29, 38,
                                           3,  39, 0,  37, 5,  28, 0,  2,  10, 32, 4,  17};
  const PartnerChoice choice{Labelled(labels)};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    EXPECT_EQ(choice.partner(static_cast<std::int64_t>(i), 0.5, kOfClass[i], kWhich[i]),
              expected[i])
        << i;
  }
}

TEST(PartnerChoice, ASampleWithoutCandidatesIsItsOwnPartner) {
  const PartnerChoice alone{Labelled({0, 1, 1})}, one_class{Labelled({2, 2})};
  EXPECT_EQ(alone.partner(0, 1, 0.5, 0.5), 0);
  EXPECT_EQ(one_class.partner(1, 0, 0.5, 0.5), 1);
  EXPECT_EQ(PartnerChoice{Labelled({0})}.partner(0, 0, 0.5, 0.9), 0);
}

TEST(PartnerChoice, AnUnlabelledSampleTakesAnyOther) {
  const PartnerChoice choice{Labelled({0, -1, 0, 1})};
  EXPECT_EQ(choice.partner(1, 1, 0, 0), 0);
  EXPECT_EQ(choice.partner(1, 1, 0, 0.5), 2);
  EXPECT_EQ(choice.partner(1, 1, 0, 0.999), 3);
}

LoaderConfig settings(int workers) {
  LoaderConfig config;
  config.batch_size = 8;
  config.seed = 5;
  config.workers = workers;
  return config;
}

std::vector<Batch> pairs(double same_class, int workers = 1, std::set<std::int64_t> broken = {}) {
  const auto dataset = std::make_shared<MemoryDataset>(50, std::move(broken));
  const auto images = image_part({.image_size = {6, 6}});
  Loader loader(
      dataset,
      {images, partner_part(dataset, {.same_class = same_class}, images, core::silent_log())},
      settings(workers), core::silent_log());
  return test::load_batches(loader, 12);
}

std::vector<std::int64_t> partners_of(const Batch& batch) {
  const at::Tensor ids = batch.tensors.at("partner.sample_ids");
  const auto* first = ids.const_data_ptr<std::int64_t>();
  return {first, first + ids.numel()};
}

TEST(PartnerPart, ChoosesByClassAnewInEachEpoch) {
  for (const double share : {0.0, 1.0}) {
    std::map<std::int64_t, std::set<std::int64_t>> partners;
    for (const Batch& batch : pairs(share)) {
      const auto ids = partners_of(batch);
      ASSERT_EQ(ids.size(), batch.sample_ids.size());
      for (std::size_t i = 0; i < ids.size(); ++i) {
        EXPECT_NE(ids[i], batch.sample_ids[i]);
        EXPECT_EQ(ids[i] % 3 == batch.sample_ids[i] % 3, share == 1);
        partners[batch.sample_ids[i]].insert(ids[i]);
      }
    }
    // 12 batches are two epochs: nearly all samples have met two partners.
    const auto two =
        std::ranges::count_if(partners, [](const auto& one) { return one.second.size() == 2; });
    EXPECT_GT(two, 30);
  }
}

TEST(PartnerPart, ComesBesideTheImagesWhichItDoesNotChange) {
  test::ImageLoaderConfig plain;
  plain.image_size = {6, 6};
  plain.batch_size = 8;
  plain.seed = 5;
  const auto with = pairs(0.5),
             without = test::load_batches(std::make_shared<MemoryDataset>(50), plain, 12);
  test::expect_equal(with, without);
  const at::Tensor& partner = with[0].tensors.at("partner.images");
  EXPECT_EQ(partner.sizes(), with[0].tensors.at("images").sizes());
  EXPECT_FALSE(at::equal(partner, with[0].tensors.at("images")));
}

TEST(PartnerPart, NothingDependsOnThreads) {
  const auto one = pairs(0.5, 0), four = pairs(0.5, 4);
  test::expect_equal(one, four);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(partners_of(one[i]), partners_of(four[i]));
    EXPECT_TRUE(
        at::equal(one[i].tensors.at("partner.images"), four[i].tensors.at("partner.images")));
  }
}

TEST(PartnerPart, ABrokenPartnerGivesWayToTheNext) {
  const std::set<std::int64_t> broken{3, 17, 29};
  for (const Batch& batch : pairs(0.5, 2, broken)) {
    EXPECT_EQ(batch.size(), 8);
    for (const std::int64_t partner : partners_of(batch)) EXPECT_FALSE(broken.contains(partner));
  }
}

TEST(PartnerPart, RefusesAShareThatIsNone) {
  const auto dataset = std::make_shared<MemoryDataset>(50);
  EXPECT_THROW(partner_part(dataset, {.same_class = 1.5}, image_part({.image_size = {6, 6}}),
                            core::silent_log()),
               UsageError);
}

}  // namespace
}  // namespace dbot::data
