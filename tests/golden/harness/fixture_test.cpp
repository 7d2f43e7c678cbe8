#include "tests/golden/harness/fixture.h"

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>

#include "dbot/core/error.h"
#include "dbot/exchange/tensor_file.h"
#include "tests/core/temporary_folder.h"

namespace dbot::golden {
namespace {

using testing::ElementsAre;

at::Tensor one() {
  return at::ones({1}, at::TensorOptions(at::kFloat));
}

Fixture headed(std::map<std::string, std::string> metadata) {
  return {"made_up", {{"in.x", one()}, {"w.a", one()}, {"w.b", one()}}, std::move(metadata)};
}

TEST(Fixture, RemembersWhatItHandedOutAndNothingElse) {
  const Fixture fixture = headed({});
  EXPECT_THAT(fixture.names("w."), ElementsAre("a", "b"));
  EXPECT_TRUE(fixture.has("w.a"));
  EXPECT_EQ(fixture.peek("in.x").numel(), 1);
  for (const auto& name : fixture.names()) EXPECT_FALSE(fixture.was_read(name)) << name;
  fixture.at("in.x");
  EXPECT_TRUE(fixture.was_read("in.x"));
  EXPECT_FALSE(fixture.was_read("w.a"));
  EXPECT_EQ(fixture.with_prefix("w.").size(), 2U);
  EXPECT_TRUE(fixture.was_read("w.a"));
  EXPECT_TRUE(fixture.was_read("w.b"));
  EXPECT_THROW(fixture.at("w.c"), Error);
}

TEST(Fixture, HandsOutEveryEntryOfTheHeaderAndNeedsNone) {
  const Fixture bare = headed({});
  EXPECT_TRUE(bare.config.is_object());
  EXPECT_EQ(value_or(bare.config, "depth", 3), 3);
  EXPECT_THROW(bare.entry("note"), Error);

  const Fixture full =
      headed({{"config", R"({"depth": 2})"}, {"strings", R"(["a", "b"])"}, {"note", "a word"}});
  EXPECT_EQ(value_or(full.config, "depth", 3), 2);
  EXPECT_TRUE(full.has_entry("strings"));
  EXPECT_EQ(full.json_entry("strings").at(1), "b");
  EXPECT_EQ(full.entry("note"), "a word");
  EXPECT_THROW(full.json_entry("note"), Error);
  EXPECT_THROW(headed({{"config", "{"}}), Error);
}

TEST(Fixture, ComesFromAFile) {
  const test::TemporaryFolder folder;
  exchange::write_tensor_file(folder / "f.safetensors", {{"x", one()}},
                              {{"case", "made.up"}, {"meta", "{}"}});
  EXPECT_EQ(case_of(folder / "f.safetensors"), "made.up");
  const Fixture fixture = read_fixture(folder / "f.safetensors");
  EXPECT_THAT(fixture.names(), ElementsAre("x"));
  EXPECT_TRUE(fixture.has_entry("meta"));
}

}  // namespace
}  // namespace dbot::golden
