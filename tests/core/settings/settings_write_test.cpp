#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/core/settings/settings.h"
#include "dbot/core/settings/settings_words.h"
#include "dbot/core/settings/toml_document.h"
#include "tests/core/settings/sample_recipe.h"

namespace dbot::core {
namespace {

using test::Kind;
using test::SampleRecipe;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StrEq;
using testing::ThrowsMessage;

constexpr const char* sample_toml = R"(name = "sample"

[model]
width = 192
depth = 12
image_size = 32

[optimizer]
base_lr = 0.00015
betas = [0.9, 0.95]

[train]
drop_path = 0.0
keep = false
depths = []
kind = "random"
kinds = []
)";

TEST(SettingsWrite, TablesStandInTheOrderTheyWereAdded) {
  SampleRecipe recipe;
  EXPECT_EQ(recipe.settings().to_toml(), sample_toml);
}

TEST(SettingsWrite, CommentsSayMeaningTypeBoundsAndUnitAndReadBack) {
  SampleRecipe recipe;
  Settings settings = recipe.settings();
  const std::string text = settings.to_toml(true);
  EXPECT_THAT(text, HasSubstr("# Width of a token. (integer, at least 1 and at most 4096; unit: "
                              "channels)\nwidth = 192\n"));
  EXPECT_THAT(text,
              HasSubstr("# Kind of mask. (one of \"random\", \"block\")\nkind = \"random\"\n"));
  settings.read_toml(text, "commented.toml");
  EXPECT_EQ(settings.to_toml(), sample_toml);
}

TEST(SettingsWrite, ReadsBackBitForBit) {
  Random random({.seed = 1});
  for (int round = 0; round < 500; ++round) {
    SampleRecipe written;
    written.width = static_cast<std::int64_t>(random.below(4096)) + 1;
    written.image_size = {static_cast<std::int64_t>(random.below(3)) + 1,
                          static_cast<std::int64_t>(random.below(3)) + 1};
    written.base_lr = std::ldexp(random.uniform(1, 2), static_cast<int>(random.below(2000)) - 1000);
    written.betas = {random.uniform(), 1.0, 0.0, -0.0};
    written.keep = random.below(2) == 1;
    written.depths.assign(random.below(4), static_cast<std::int64_t>(random.below(1u << 30)) + 1);
    written.kind = static_cast<Kind>(random.below(2));
    written.kinds.assign(random.below(4), static_cast<Kind>(random.below(2)));
    written.name.clear();
    for (std::uint64_t i = random.below(20); i > 0; --i) {
      written.name += static_cast<char>(random.below(128));
    }
    written.name += "ü→";

    SampleRecipe read;
    read.settings().read_toml(written.settings().to_toml(), "written.toml");
    ASSERT_EQ(read.width, written.width);
    ASSERT_EQ(read.image_size, written.image_size);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(read.base_lr),
              std::bit_cast<std::uint64_t>(written.base_lr));
    ASSERT_EQ(read.betas, written.betas);
    ASSERT_TRUE(std::signbit(read.betas[3]));
    ASSERT_EQ(read.keep, written.keep);
    ASSERT_EQ(read.depths, written.depths);
    ASSERT_EQ(read.kind, written.kind);
    ASSERT_EQ(read.kinds, written.kinds);
    ASSERT_EQ(read.name, written.name);
  }
}

TEST(SettingsWrite, ExtremeNumbersReadBack) {
  using Limits = std::numeric_limits<double>;
  for (const double value : {1e-4, 1e15, 1e16, 1e22, 123456789012345678.0, Limits::max(),
                             Limits::min(), Limits::denorm_min(), 0.1 + 0.2}) {
    SampleRecipe written, read;
    written.base_lr = value;
    read.settings().read_toml(written.settings().to_toml(), "written.toml");
    EXPECT_EQ(read.base_lr, value);
  }
}

TEST(SettingsWrite, JsonHasTheSameValues) {
  SampleRecipe recipe;
  recipe.image_size = {32, 48};
  const auto json = nlohmann::json::parse(recipe.settings().to_json());
  EXPECT_EQ(json, nlohmann::json::parse(R"({
    "name": "sample",
    "model": {"width": 192, "depth": 12, "image_size": [32, 48]},
    "optimizer": {"base_lr": 0.00015, "betas": [0.9, 0.95]},
    "train": {"drop_path": 0.0, "keep": false, "depths": [], "kind": "random",
      "kinds": []}})"));
}

TEST(SettingsWrite, DocumentationIsATableWithOneRowAField) {
  SampleRecipe recipe;
  const std::string text = recipe.settings().documentation();
  EXPECT_THAT(text, HasSubstr("| key | type | default | unit | meaning |\n| --- |"));
  EXPECT_THAT(text, HasSubstr("| `model.width` | integer, at least 1 and at most 4096 | `192` | "
                              "channels | Width of a token. |\n"));
  EXPECT_THAT(text, HasSubstr("| `train.keep` | true or false | `false` |  | Keep \\| or drop. |"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 13);
}

TEST(TomlDifferences, AKeyThatIsMissingHasItsDefault) {
  constexpr const char* kDefaults = "[a]\nx = 1\ny = 2\n";
  EXPECT_THAT(toml_differences("[a]\nx = 1", "[a]\nx = 1\ny = 2", kDefaults), IsEmpty());
  EXPECT_THAT(toml_differences("[a]\nx = 1\ny = 2", "[a]\nx = 1", kDefaults), IsEmpty());
  EXPECT_THAT(toml_differences("[a]\nx = 1", "[a]\nx = 1\ny = 3", kDefaults),
              ElementsAre("a.y: 2 → 3"));
  EXPECT_THAT(toml_differences("[a]\nx = 1", "[a]\nx = 1\nz = 3", kDefaults),
              ElementsAre("a.z: (not set) → 3"));
}

TEST(SettingsWrite, ARefusedKeyIsDocumentedAndNeitherWrittenNorRead) {
  SampleRecipe recipe;
  Settings settings = recipe.settings();
  settings.refuse("train.keep", "belongs to another kind");
  EXPECT_THAT(settings.documentation(), HasSubstr("| `train.keep` |"));
  EXPECT_THAT(settings.to_toml(), Not(HasSubstr("keep")));
  EXPECT_THAT(settings.to_json(), Not(HasSubstr("keep")));
  EXPECT_THAT([&] { settings.read_toml("[train]\nkeep = true", "r.toml"); },
              ThrowsMessage<UsageError>(StrEq("r.toml:2: train.keep belongs to another kind")));
  EXPECT_THAT([&] { settings.read_assignment("train.keep=true"); },
              ThrowsMessage<UsageError>(StrEq("[set] train.keep belongs to another kind")));
  EXPECT_FALSE(recipe.keep);
}

TEST(TomlDifferences, NamesChangedRemovedAndAddedKeys) {
  EXPECT_THAT(toml_differences(sample_toml, sample_toml), IsEmpty());
  EXPECT_THAT(toml_differences("[a]\nx = 0.1\ny = 'text'\nz = [1, 2]\n[empty]",
                               "a.x = 0.2\na.y = 'text'\nb = true"),
              ElementsAre("a.x: 0.1 → 0.2", "a.z: [1, 2] → (not set)", "b: (not set) → true"));
}

TEST(EditDistance, CountsInsertionsRemovalsAndReplacements) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

}  // namespace
}  // namespace dbot::core
