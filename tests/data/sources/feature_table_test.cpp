#include "dbot/data/sources/table/feature_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "dbot/core/error.h"
#include "dbot/data/loader/loader.h"
#include "dbot/data/loader/value_parts.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/loader/loader_batches.h"

namespace dbot::data {
namespace {

using formats::ElementType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FeatureTableTest : public ::testing::Test {
 protected:
  /// Five rows of two features: {0, 1}, {2, 3}, …
  void write(const std::vector<std::int64_t>& labels, const std::string& classes) {
    std::array<float, 10> values{};
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    std::vector<formats::TensorBytes> tensors{
        {"mean", ElementType::float32, {5, 2}, std::as_bytes(std::span(values))}};
    if (!labels.empty()) {
      tensors.push_back({"labels",
                         ElementType::int64,
                         {static_cast<std::int64_t>(labels.size())},
                         std::as_bytes(std::span(labels))});
    }
    formats::write_safetensors(file(), {{"classes", classes}}, tensors);
  }
  std::filesystem::path file() const { return folder_ / "features.safetensors"; }
  std::string complaint(const char* tensor = "mean") {
    return test::message_of<DataError>([&] { FeatureTable(file(), tensor); });
  }

  test::TemporaryFolder folder_;
};

TEST_F(FeatureTableTest, ItsRowsBecomeBatches) {
  write({0, 1, -1, 1, 0}, R"(["cat", "dog"])");
  const auto table = std::make_shared<FeatureTable>(file(), "mean");
  EXPECT_THAT(table->classes(), ElementsAre("cat", "dog"));
  EXPECT_EQ(table->name(3), file().string() + "[3]");
  LoaderConfig config;
  config.training = false;
  config.batch_size = 3;
  const auto shape = table->row_shape();
  const ValuePartConfig part{.name = std::string(kFeaturesPart),
                             .shape = {shape.begin(), shape.end()}};
  Loader loader(table, {value_part(part)}, config, core::silent_log());
  const auto batches = test::load_batches(loader, 3);
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_THAT(batches[0].labels, ElementsAre(0, 1, -1));
  const auto& features = batches[1].tensors.at("features");
  EXPECT_EQ(features.sizes(), (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(features[1][0].item<float>(), 8);
}

TEST_F(FeatureTableTest, IsUnlabelledWithoutLabels) {
  write({}, "[]");
  const FeatureTable table(file(), "mean");
  EXPECT_EQ(table.label(2), -1);
  EXPECT_TRUE(table.classes().empty());
  Sample sample;
  EXPECT_THROW(table.read(5, sample), DataError);
}

TEST_F(FeatureTableTest, SaysWhatIsWrongWithAFile) {
  write({}, "[]");
  EXPECT_THAT(complaint("cls"), HasSubstr("has no tensor \"cls\" of float32"));
  write({0, 1, 2}, R"(["a"])");
  EXPECT_THAT(complaint(), HasSubstr("one a row"));
  write({0, 1, 0, 1, 2}, R"(["a", "b"])");
  EXPECT_THAT(complaint(), HasSubstr("a label beyond 2 classes"));
  write({0, 1, 0, 1, 0}, "[1");
  EXPECT_THAT(complaint(), HasSubstr("no numbers of classes"));
}

}  // namespace
}  // namespace dbot::data
