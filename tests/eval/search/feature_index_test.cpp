#include "dbot/eval/search/feature_index.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/eval/frozen/embedding.h"
#include "tests/core/temporary_folder.h"
#include "tests/eval/frozen/samples.h"
#include "tests/eval/frozen/small_network.h"

namespace dbot::eval {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Five samples that nobody reads.
class FiveSamples final : public data::Dataset {
 public:
  std::int64_t size() const override { return 5; }
  void read(std::int64_t, data::Sample&) const override {
    throw DataError({.fault = Fault::other, .reason = "not for reading"});
  }
  std::int64_t label(std::int64_t index) const override { return index % 2; }
  std::string name(std::int64_t index) const override { return std::to_string(index) + ".png"; }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::vector<std::string> classes_{"even", "odd"};
};

const IndexIdentity kIdentity{.network = "n1", .images = "five images"};

// The second and the last could not be read.
Features features() {
  return {.kinds = {{"cls", matrix(3, 2, {1, 2, 3, 4, 5, 6})},
                    {"grid:2", matrix(3, 4, {1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2})}},
          .labels = labels({0, 0, 1}),
          .indices = {0, 2, 3}};
}

class FeatureIndex : public testing::Test {
 protected:
  FeatureIndex() {
    write_embedding(path_, features(), samples_, index_metadata(kIdentity, features(), samples_));
  }
  void expect_refusal(const std::string& kind, const IndexIdentity& identity, Fault fault,
                      const std::string& words) const {
    try {
      read_feature_index(path_, kind, identity, samples_);
      FAIL() << "taken: " << words;
    } catch (const DataError& error) {
      EXPECT_EQ(error.fault(), fault);
      EXPECT_THAT(error.what(), HasSubstr(path_.string()));
      EXPECT_THAT(error.what(), HasSubstr(words));
    }
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "set.safetensors";
  FiveSamples samples_;
};

TEST_F(FeatureIndex, GivesBackOneKindAndWhoseItIs) {
  const Features read = read_feature_index(path_, "grid:2", kIdentity, samples_);
  EXPECT_EQ(read.kinds.size(), 1U);
  EXPECT_TRUE(at::equal(read.of("grid:2"), features().of("grid:2")));
  EXPECT_THAT(read.indices, ElementsAre(0, 2, 3));
  EXPECT_TRUE(at::equal(read.labels, labels({0, 0, 1})));
}

TEST_F(FeatureIndex, RefusesAnotherNetworkOtherImagesAndOtherKinds) {
  expect_refusal("cls", {.network = "n2", .images = "five images"}, Fault::mismatch,
                 "another network");
  expect_refusal("cls", {.network = "n1", .images = "six images"}, Fault::mismatch,
                 "it says five images, the data set is six images");
  expect_refusal("mean", kIdentity, Fault::missing, "no mean features, but cls, grid:2");
}

TEST_F(FeatureIndex, RefusesFilesThatAreNone) {
  write_embedding(path_, features(), samples_);
  expect_refusal("cls", kIdentity, Fault::unsupported, "does not say which network");
  auto metadata = index_metadata(kIdentity, features(), samples_);
  for (const char* skipped : {"[1, 9]", "[-1]", "{}", "[", "[\"a\"]", ""}) {
    metadata["dbot.skipped"] = skipped;
    write_embedding(path_, features(), samples_, metadata);
    EXPECT_THROW(read_feature_index(path_, "cls", kIdentity, samples_), DataError) << skipped;
  }
  metadata["dbot.skipped"] = "[1]";  // four rows were expected
  write_embedding(path_, features(), samples_, metadata);
  expect_refusal("cls", kIdentity, Fault::corrupt, "expected 4 rows");
  core::write_file_atomically(path_, "name,label\n");
  EXPECT_THROW(read_feature_index(path_, "cls", kIdentity, samples_), DataError);
}

TEST(NetworkIdentity, ChangesWithWeightsSizesAndPixels) {
  const nn::VisionTransformer network = small_network();
  ExtractionSettings settings{.mean = {0.5, 0.5, 0.5}, .std = {0.2, 0.2, 0.2}};
  const std::string identity = network_identity(network, settings);
  EXPECT_EQ(network_identity(small_network(), settings), identity);
  settings.workers = 7;
  settings.batch_size = 3;
  EXPECT_EQ(network_identity(network, settings), identity);
  settings.mean[1] = 0.4;
  EXPECT_NE(network_identity(network, settings), identity);
  settings.mean[1] = 0.5;
  const nn::VisionTransformer other = small_network();
  other.parameters()->at("blocks.1.attn.qkv.weight").detach().mul_(1.0001);
  EXPECT_NE(network_identity(other, settings), identity);
}

}  // namespace
}  // namespace dbot::eval
