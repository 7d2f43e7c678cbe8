// The nearest images of a data set: from files, from names, from an index.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

/// Colour pictures in class folders, one of them twice, and an untrained network.
class Search : public testing::Test {
 protected:
  Search() {
    for (int i = 0; i < 20; ++i) {
      const fs::path folder = fs::path(set_) / (i % 2 == 0 ? "cat" : "dog");
      fs::create_directories(folder);
      write_png(folder / (std::to_string(i) + ".png"), i, i % 2);
    }
    fs::copy_file(set_ + "/cat/4.png", set_ + "/cat/copy of 4.png");
    EXPECT_EQ(shop_.pretrain("run", {"--steps", "0"}).exit_code, 0);
  }
  std::vector<std::string> words(const std::vector<std::string>& more) const {
    std::vector<std::string> all{"search",    "--model", shop_.folder / "run", "--data", set_,
                                 "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Json json(std::vector<std::string> more) const {
    more.emplace_back("--json");
    const Result result = dbot(words(more));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.exit_code == 0 ? Json::parse(result.out) : Json();
  }
  void expect_refusal(const std::vector<std::string>& more, int code,
                      const std::string& says) const {
    const Result result = dbot(words(more));
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(says));
    EXPECT_THAT(result.out, IsEmpty());
  }

  Workshop shop_;
  std::string set_ = shop_.folder / "set";
};

TEST_F(Search, LeavesTheQueryOutAndMarksItsCopy) {
  const Json found = json({"--query", set_ + "/cat/4.png", "--top", "5"});
  EXPECT_EQ(found["images"], 21);
  EXPECT_EQ(found["features"], "mean");
  EXPECT_EQ(found["from_index"], false);
  const Json& nearest = found["queries"][0]["nearest"];
  ASSERT_EQ(nearest.size(), 5U);
  EXPECT_EQ(nearest[0]["name"], set_ + "/cat/copy of 4.png");
  EXPECT_EQ(nearest[0]["copy"], true);
  EXPECT_EQ(nearest[0]["class"], "cat");
  EXPECT_NEAR(nearest[0]["similarity"].get<double>(), 1, 1e-3);
  for (const Json& one : nearest) EXPECT_NE(one["name"], set_ + "/cat/4.png");
  EXPECT_TRUE(std::ranges::is_sorted(
      nearest, std::greater(), [](const Json& one) { return one["similarity"].get<double>(); }));
}

TEST_F(Search, TakesFilesFromOutsideFoldersListsAndNamesInTheSet) {
  fs::copy_file(set_ + "/dog/7.png", shop_.folder / "without an ending");
  write_file(shop_.folder / "list.txt", "set/cat/0.png\nset/cat/2.png\n");
  const Json found = json({"--top", "2", "--query", shop_.folder / "without an ending",
                           set_ + "/dog", shop_.folder / "list.txt", "cat/6.png"});
  ASSERT_EQ(found["queries"].size(), 1U + 10U + 2U + 1U);
  const Json& outside = found["queries"][0];
  EXPECT_TRUE(outside["image"].is_null());
  EXPECT_EQ(outside["nearest"][0]["name"], set_ + "/dog/7.png");
  EXPECT_EQ(outside["nearest"][0]["copy"], true);
  // The set's own, by whatever path: each without itself.
  for (std::size_t i = 1; i < 14; ++i) {
    const Json& query = found["queries"][i];
    ASSERT_TRUE(query["image"].is_number()) << query;
    for (const Json& one : query["nearest"]) EXPECT_NE(one["image"], query["image"]);
  }
  EXPECT_EQ(found["queries"][13]["name"], set_ + "/cat/6.png");
}

TEST_F(Search, ASecondOneReadsTheIndexAndFindsTheSame) {
  const std::string index = shop_.folder / "set.safetensors";
  const std::vector<std::string> query{"--query", "cat/4.png", "--index", index};
  const Json first = json(query);
  EXPECT_EQ(first["from_index"], false);
  const Json second = json(query);
  EXPECT_EQ(second["from_index"], true);
  EXPECT_EQ(second["queries"], first["queries"]);
  // What `dbot embed` wrote does as well, with the kinds it holds.
  const std::string embedded = shop_.folder / "embedded.safetensors";
  ASSERT_EQ(dbot({"embed", "--model", shop_.folder / "run", "--data", set_, "--out", embedded,
                  "--features", "grid:2", "--threads", "1"})
                .exit_code,
            0);
  const Json third = json({"--query", "cat/4.png", "--index", embedded});
  EXPECT_EQ(third["from_index"], true);
  EXPECT_EQ(third["queries"][0]["nearest"][0], first["queries"][0]["nearest"][0]);
  EXPECT_EQ(json({"--query", "cat/4.png", "--index", embedded, "--features", "grid:2"})["features"],
            "grid:2");
  expect_refusal({"--query", "cat/4.png", "--index", index, "--features", "grid:2"}, 3,
                 "has no grid:2 features, but cls, mean");
}

TEST_F(Search, RefusesAnIndexOfAnotherModelOrOfOtherImages) {
  const std::string index = shop_.folder / "set.safetensors";
  const std::vector<std::string> query{"--query", "cat/4.png", "--index", index};
  ASSERT_EQ(dbot(words(query)).exit_code, 0);
  write_png(fs::path(set_) / "dog/new.png", 3, 1);
  expect_refusal(query, 3, "holds features of other images (it says 21 images");
  fs::remove(set_ + "/dog/new.png");
  ASSERT_EQ(shop_.pretrain("other", {"--steps", "0", "--seed", "5"}).exit_code, 0);
  auto other = words(query);
  other[2] = shop_.folder / "other";
  const Result result = dbot(other);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr(index), HasSubstr("another network")));
  write_file(index, "no features");
  expect_refusal(query, 3, index);
}

TEST_F(Search, LeavesAPageAndAContactSheet) {
  const Json found = json({"--query", "cat/4.png", "dog/3.png", "--out", shop_.folder / "found"});
  EXPECT_EQ(found["report"], shop_.folder / "found/search.html");
  const std::string page = read_file(shop_.folder / "found/search.html");
  EXPECT_THAT(page, AllOf(testing::StartsWith("<!DOCTYPE html>"), HasSubstr("cat/copy of 4.png"),
                          HasSubstr("\"copy\":true"), HasSubstr("data:image/png;base64,")));
  EXPECT_LT(page.size(), 3'000'000U);
  EXPECT_THAT(read_file(shop_.folder / "found/search.png"), testing::StartsWith("\x89PNG"));
  expect_refusal({"--query", "cat/4.png", "--out", shop_.folder / "found"}, 2, "is not empty");
  EXPECT_EQ(
      dbot(words({"--query", "cat/4.png", "--out", shop_.folder / "found", "--force"})).exit_code,
      0);
}

TEST_F(Search, TellsPeopleNamesAndSimilarities) {
  const Result result = dbot(words({"--query", "cat/4.png", "--top", "3"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("copy of 4.png"), HasSubstr("similarity"),
                                HasSubstr("same picture"), HasSubstr("class")));
}

TEST_F(Search, RefusesWhatCannotBeLookedFor) {
  expect_refusal({"--query", shop_.folder / "nothing.png"}, 3,
                 "is no file and no image of the data");
  write_file(shop_.folder / "broken.png", "no picture");
  expect_refusal({"--query", shop_.folder / "broken.png"}, 3, "broken.png");
  // Four by four pixels of six channels, as numpy writes them.
  const std::string head = "{'descr': '|u1', 'fortran_order': False, 'shape': (4, 4, 6), }";
  const std::string padded = head + std::string(117 - head.size(), ' ') + "\n";
  write_file(shop_.folder / "six.npy",
             std::string("\x93NUMPY\x01\x00\x76\x00", 10) + padded + std::string(96, 'x'));
  expect_refusal({"--query", shop_.folder / "six.npy"}, 3, "channels");
  fs::create_directory(shop_.folder / "empty");
  expect_refusal({"--query", shop_.folder / "empty"}, 3, "empty");
  expect_refusal({"--query", ""}, 2, "--query");
  expect_refusal({"--query", "cat/4.png", "--top", "0"}, 2, "--top is 0");
  expect_refusal({"--query", "cat/4.png", "--top", "21"}, 2, "expected 1 to 20");
  expect_refusal({"--query", "cat/4.png", "--top", "5000"}, 2, "--top is 5000");
  expect_refusal({"--query", "cat/4.png", "--features", "both"}, 2, "--features is both");
  expect_refusal({"--query", "cat/4.png", "--features", "grid:9"}, 2, "grid:9");
  expect_refusal({"--query", "cat/4.png", "--index", shop_.folder / "x.csv"}, 2, "--index is");
  expect_refusal({"--query", "cat/4.png", "--index", shop_.folder / "no/x.safetensors"}, 2,
                 "--index is");
  std::vector<std::string> many{"--query"};
  many.insert(many.end(), 1001, "cat/4.png");
  expect_refusal(many, 2, "1,001 images to be looked for, expected at most 1,000");
}

TEST_F(Search, AStopLeavesNoPartOfAnIndex) {
  const std::string index = shop_.folder / "set.safetensors";
  const Result result = dbot_interrupted(words({"--query", "cat/4.png", "--index", index}));
  EXPECT_EQ(result.exit_code, 75) << result.err;
  EXPECT_FALSE(fs::exists(index));
  EXPECT_FALSE(fs::exists(index + ".names.txt"));
}

}  // namespace
}  // namespace dbot::cli_test
