#include "dbot/core/settings/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/core/settings/settings_words.h"
#include "tests/core/settings/sample_recipe.h"

namespace dbot::core {
namespace {

using test::Kind;
using test::SampleRecipe;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StrEq;
using testing::ThrowsMessage;

TEST(SettingsRead, SetsEveryTypeAndLeavesTheRest) {
  SampleRecipe recipe;
  recipe.settings().read_toml(R"(
    name = "a \"quoted\" name"
    [model]
    width = 384
    image_size = [32, 48]
    [optimizer]
    base_lr = 1e-3
    betas = [0.9, 1]
    [train]
    drop_path = 1           # integers are numbers
    keep = true
    depths = [2, 4, 6]
    kind = "block"
    kinds = ["random", "block"]
  )",
                              "r.toml");
  EXPECT_EQ(recipe.name, "a \"quoted\" name");
  EXPECT_EQ(recipe.width, 384);
  EXPECT_EQ(recipe.image_size, (Size{32, 48}));
  EXPECT_EQ(recipe.base_lr, 1e-3);
  EXPECT_THAT(recipe.betas, ElementsAre(0.9, 1.0));
  EXPECT_EQ(recipe.drop_path, 1.0);
  EXPECT_TRUE(recipe.keep);
  EXPECT_THAT(recipe.depths, ElementsAre(2, 4, 6));
  EXPECT_EQ(recipe.kind, Kind::block);
  EXPECT_THAT(recipe.kinds, ElementsAre(Kind::random, Kind::block));
  EXPECT_EQ(recipe.depth, 12) << "a key that is not in the document was changed";
}

TEST(SettingsRead, DottedKeysAndSquares) {
  SampleRecipe recipe;
  recipe.settings().read_toml("model.image_size = 96\ntrain = {keep = true}\n", "r.toml");
  EXPECT_EQ(recipe.image_size, (Size{96, 96}));
  EXPECT_TRUE(recipe.keep);
}

struct BadDocument {
  const char* name;
  const char* text;
  const char* message;  // whole
};

class SettingsReadBad : public testing::TestWithParam<BadDocument> {};

TEST_P(SettingsReadBad, SaysLineKeyValueAndExpectationAndChangesNothing) {
  SampleRecipe recipe;
  Settings settings = recipe.settings();
  const std::string before = settings.to_toml();
  EXPECT_THAT([&] { settings.read_toml(GetParam().text, "r.toml"); },
              ThrowsMessage<UsageError>(StrEq(GetParam().message)));
  EXPECT_EQ(settings.to_toml(), before);
}

INSTANTIATE_TEST_SUITE_P(
    Documents, SettingsReadBad,
    testing::Values(
        BadDocument{"misspelt_key", "[model]\nwidht = 3",
                    "r.toml:2: model.widht is not a known key; did you mean model.width?"},
        BadDocument{"misspelt_table", "\n[modle]\nwidth = 3",
                    "r.toml:2: modle is not a known table; did you mean model?"},
        BadDocument{"missing_table", "betas = [1.0]",
                    "r.toml:1: betas is not a known key; did you mean optimizer.betas?"},
        BadDocument{"far_key", "[model]\nsomething_else = 3",
                    "r.toml:2: model.something_else is not a known key; model has width, depth, "
                    "image_size"},
        BadDocument{"far_table", "[something]",
                    "r.toml:1: something is not a known table; the tables are model, optimizer, "
                    "train"},
        BadDocument{"quoted_dot", "\"model.width\" = 3",
                    "r.toml:1: \"model.width\" is not a known key; did you mean model.width?"},
        BadDocument{"value_for_table", "model = 3",
                    "r.toml:1: model is 3, expected a table of keys"},
        BadDocument{"table_for_value", "[model.width]\na = 1",
                    "r.toml:1: model.width is a table, expected an integer of at least 1 and at "
                    "most 4096 (channels)"},
        BadDocument{"tables_for_table", "[[model]]\nwidth = 3",
                    "r.toml:1: model is [a table], expected a table of keys"},
        BadDocument{"text_for_integer", "[model]\nwidth = 'three'",
                    "r.toml:2: model.width is \"three\", expected an integer of at least 1 and at "
                    "most 4096 (channels)"},
        BadDocument{"number_for_integer", "[model]\nwidth = 3.0",
                    "r.toml:2: model.width is 3.0, expected an integer of at least 1 and at most "
                    "4096 (channels)"},
        BadDocument{"below_range", "[model]\nwidth = 0",
                    "r.toml:2: model.width is 0, expected an integer of at least 1 and at most "
                    "4096 (channels)"},
        BadDocument{"open_bound", "[train]\nkeep = true\ndrop_path = 1.5",
                    "r.toml:3: train.drop_path is 1.5, expected a number of at least 0 and at most "
                    "1"},
        BadDocument{"open_bound_itself", "[optimizer]\nbase_lr = 0",
                    "r.toml:2: optimizer.base_lr is 0, expected a number of more than 0 (per 256 "
                    "images)"},
        BadDocument{"not_a_number", "[optimizer]\nbase_lr = nan",
                    "r.toml:2: optimizer.base_lr is nan, expected a number of more than 0 (per 256 "
                    "images)"},
        BadDocument{"infinite", "[optimizer]\nbase_lr = inf",
                    "r.toml:2: optimizer.base_lr is inf, expected a number of more than 0 (per 256 "
                    "images)"},
        BadDocument{"element_of_list", "[optimizer]\nbetas = [0.9, 2.0]",
                    "r.toml:2: optimizer.betas is [0.9, 2.0], expected a list of numbers, each at "
                    "least 0 and at most 1"},
        BadDocument{
            "scalar_for_list", "[train]\ndepths = 3",
            "r.toml:2: train.depths is 3, expected a list of integers, each at least 1 (blocks)"},
        BadDocument{"three_sides", "[model]\nimage_size = [1, 2, 3]",
                    "r.toml:2: model.image_size is [1, 2, 3], expected an integer or [height, "
                    "width] of at least 1 (pixels)"},
        BadDocument{"integer_for_bool", "[train]\nkeep = 1",
                    "r.toml:2: train.keep is 1, expected true or false"},
        BadDocument{"unknown_choice", "[train]\nkind = 'tube'",
                    "r.toml:2: train.kind is \"tube\", expected one of \"random\", \"block\""},
        BadDocument{"unknown_choice_in_list", "[train]\nkinds = ['block', 'tube']",
                    "r.toml:2: train.kinds is [\"block\", \"tube\"], expected a list, each one of "
                    "\"random\", \"block\""},
        BadDocument{"choice_for_list", "[train]\nkinds = 'block'",
                    "r.toml:2: train.kinds is \"block\", expected a list, each one of \"random\", "
                    "\"block\""},
        BadDocument{"date", "name = 2024-02-29", "r.toml:1: name is 2024-02-29, expected a text"},
        BadDocument{
            "syntax", "[model]\nwidth = = 3",
            "r.toml:2:9: not TOML: Error while parsing value: could not determine value type"},
        BadDocument{"second_error_by_line", "[train]\nkeep = 1\n[model]\nwidth = 0",
                    "r.toml:2: train.keep is 1, expected true or false"}),
    [](const auto& information) { return information.param.name; });

TEST(SettingsRead, HostileDocumentsAreRefused) {
  SampleRecipe recipe;
  Settings settings = recipe.settings();
  std::string dotted, nested;
  for (int i = 0; i < 100000; ++i) dotted += "a . ", nested += "[";
  for (const std::string& text :
       {"[" + dotted + "a]", dotted + "a = 1", "a = {" + dotted + "a = 1}", "a = " + nested,
        std::string(5 << 20, '\n'), std::string("a = \"\xff\""), std::string("\0", 1),
        std::string("\xef\xbb\xbf\xff")}) {
    EXPECT_THROW(settings.read_toml(text, "r.toml"), UsageError) << text.substr(0, 20);
  }
}

TEST(SettingsAssignment, TakesTomlValuesAndBareText) {
  SampleRecipe recipe;
  Settings settings = recipe.settings();
  for (const char* text :
       {"model.width=384", "model.image_size = [32, 48]", "optimizer.betas=[0.5,0.6]",
        "train.kind=block", "train.keep=true", "name=some/path with = and #"}) {
    settings.read_assignment(text);
  }
  EXPECT_EQ(recipe.width, 384);
  EXPECT_EQ(recipe.image_size, (Size{32, 48}));
  EXPECT_THAT(recipe.betas, ElementsAre(0.5, 0.6));
  EXPECT_EQ(recipe.kind, Kind::block);
  EXPECT_TRUE(recipe.keep);
  EXPECT_EQ(recipe.name, "some/path with = and #");

  // Shells take quotes away.
  for (const char* text :
       {"[\"block\", \"random\"]", "[block,random]", "block, random", " block,random,"}) {
    recipe.kinds.clear();
    settings.read_assignment(std::string("train.kinds=") + text);
    EXPECT_THAT(recipe.kinds, ElementsAre(Kind::block, Kind::random)) << text;
  }
  settings.read_assignment("train.kinds=[]");
  EXPECT_TRUE(recipe.kinds.empty());
  EXPECT_THROW(settings.read_assignment("train.kinds=block,tube"), UsageError);

  const std::pair<const char*, const char*> texts[] = {
      {"name=\"quoted\"", "quoted"},
      {"name='quoted'", "quoted"},
      {"name=12", "12"},
      {"name=true", "true"},
      {"name=", ""},
      {"name=2024-02-29", "2024-02-29"},
      {"name=a\nmodel.width=1", "a\nmodel.width=1"}};
  for (const auto& [assignment, expected] : texts) {
    settings.read_assignment(assignment);
    EXPECT_EQ(recipe.name, expected) << assignment;
  }
  EXPECT_EQ(recipe.width, 384) << "a line break smuggled in a second key";
}

TEST(SettingsAssignment, ErrorsNameKeyAndValue) {
  SampleRecipe recipe;
  Settings settings = recipe.settings();
  const std::pair<const char*, const char*> cases[] = {
      {"model.width", "[set] \"model.width\" is not an assignment, expected section.key=value"},
      {"=3", "[set] \"=3\" is not an assignment, expected section.key=value"},
      {"modle=3", "[set] modle is not a known key; did you mean model?"},
      {"model.widht=3", "[set] model.widht is not a known key; did you mean model.width?"},
      {"width=3", "[set] width is not a known key; did you mean model.width?"},
      {"model.width=3 3",
       "[set] model.width is \"3 3\", expected an integer of at least 1 and at most 4096 "
       "(channels)"},
      {"model.width=",
       "[set] model.width is \"\", expected an integer of at least 1 and at most "
       "4096 (channels)"},
      {"model.width=5000",
       "[set] model.width is 5000, expected an integer of at least 1 and at "
       "most 4096 (channels)"},
      {"model={width=3}",
       "[set] model is a table, expected one of its keys, as in model.key=value"},
      {"train.kind=tube", "[set] train.kind is \"tube\", expected one of \"random\", \"block\""},
      {"name=\xff", "[set] name is not valid UTF-8, expected text in UTF-8"}};
  for (const auto& [assignment, message] : cases) {
    EXPECT_THAT([&] { settings.read_assignment(assignment); },
                ThrowsMessage<UsageError>(StrEq(message)));
  }
}

TEST(SettingsWords, FindKeysByWhatOtherToolsCallThem) {
  SampleRecipe recipe;
  const core::Settings settings = recipe.settings();
  const auto meant = [&](const char* word) { return keys_meant_by(settings.fields(), word); };
  EXPECT_THAT(meant("optimizer.lr"), ElementsAre("optimizer.base_lr"));
  EXPECT_THAT(meant("train.learning_rate"), ElementsAre("optimizer.base_lr"));
  EXPECT_THAT(meant("Learning-Rate"), ElementsAre("optimizer.base_lr"));
  EXPECT_THAT(meant("embed_dim"), ElementsAre("model.width"));
  EXPECT_THAT(meant("drop-path"), ElementsAre("train.drop_path"));
  EXPECT_THAT(meant("seed"), ElementsAre());
  EXPECT_THAT([&] { recipe.settings().read_assignment("optimizer.lr=1e-3"); },
              ThrowsMessage<UsageError>(
                  "[set] optimizer.lr is not a known key; did you mean optimizer.base_lr?"));
}

}  // namespace
}  // namespace dbot::core
