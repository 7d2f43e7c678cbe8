// The same images as a folder, a list, an archive and a pack: the same results.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"
#include "tests/formats/writer/tar_writer.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// 40 pictures of two classes under train/ and 12 under val/.
class Sources : public testing::Test {
 protected:
  Sources() {
    for (int i = 0; i < 52; ++i) {
      const std::string name = std::string(i < 40 ? "train/" : "val/") +
                               (i % 2 == 0 ? "dark/" : "bright/") + std::to_string(100 + i) +
                               ".png";
      fs::create_directories((fs::path(images_) / name).parent_path());
      write_png(images_ + "/" + name, i, i % 2);
      names_.push_back(name);
    }
    std::sort(names_.begin(), names_.end());
  }

  /// A member for each file of a part.
  std::string tar_of(const std::string& part) const {
    test::TarWriter tar;
    for (const auto& name : names_) {
      if (name.starts_with(part)) tar.add(name, read_file(images_ + "/" + name));
    }
    return tar.finish();
  }
  std::string list_of(const std::string& part) const {
    std::string list = "path,label\n";
    for (const auto& name : names_) {
      if (!name.starts_with(part)) continue;
      list +=
          "../images/" + name + (name.find("dark") == std::string::npos ? ",bright\n" : ",dark\n");
    }
    return list;
  }
  /// The weights after the tiny recipe on these data.
  std::string trained_on(const std::string& data, const std::string& run) {
    const Result result = dbot(
        {"pretrain", shop_.recipe, "--data", data, "--out", shop_.folder / run, "--seed", "3"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return read_file(shop_.folder / (run + "/model.safetensors"));
  }
  nlohmann::json kind_of(const std::string& run) {
    return nlohmann::json::parse(read_file(shop_.folder / (run + "/run.json")))["data"]["kind"];
  }
  nlohmann::json knn_on(const std::string& data) {
    const Result result = dbot(
        {"evaluate", "knn", "--model", "pixels", "--image-size", "8", "--data", data, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto json = nlohmann::json::parse(result.out);
    const auto& found = json["results"][0];
    return {json["top1"], found["train_samples"], found["test_samples"]};
  }

  Workshop shop_;
  std::string images_ = shop_.folder / "images";
  std::vector<std::string> names_;
};

TEST_F(Sources, TrainAlikeFromAFolderAPackAnArchiveAndAList) {
  const std::string pack = shop_.folder / "pack";
  const Result packed = dbot({"data", "pack", images_, pack, "--shard-size", "2000", "--json"});
  ASSERT_EQ(packed.exit_code, 0) << packed.err;
  EXPECT_EQ(nlohmann::json::parse(packed.out)["images"], 52);
  fs::create_directories(shop_.folder / "tars");
  write_file(shop_.folder / "tars/set-train.tar", tar_of("train/"));
  write_file(shop_.folder / "tars/set-val.tar", tar_of("val/"));
  fs::create_directories(shop_.folder / "lists");
  write_file(shop_.folder / "lists/train.csv", list_of("train/"));
  write_file(shop_.folder / "lists/val.csv", list_of("val/"));
  const std::string lists = shop_.folder / "lists/{train,val}.csv";

  const std::string weights = trained_on(images_, "folder");
  EXPECT_EQ(trained_on(pack, "from-pack"), weights);
  EXPECT_EQ(trained_on(shop_.folder / "tars", "from-tars"), weights);
  EXPECT_EQ(trained_on(lists, "from-lists"), weights);
  EXPECT_EQ(kind_of("folder"), "folder");
  EXPECT_EQ(kind_of("from-pack"), "pack");
  EXPECT_EQ(kind_of("from-tars"), "tar");
  EXPECT_EQ(kind_of("from-lists"), "list");

  const auto measured = knn_on(images_);
  EXPECT_EQ(knn_on(pack), measured);
  EXPECT_EQ(knn_on(shop_.folder / "tars"), measured);
  EXPECT_EQ(knn_on(lists), measured);
}

TEST_F(Sources, EmbedNamesTheMembersOfAnArchive) {
  write_file(shop_.folder / "val.tar", tar_of("val/"));
  ASSERT_EQ(shop_.pretrain("run", {"--steps", "0"}).exit_code, 0);
  const std::string out = shop_.folder / "features.safetensors";
  const Result result = dbot(
      {"embed", "--model", shop_.folder / "run", "--data", shop_.folder / "val.tar", "--out", out});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::string names = read_file(out + ".names.txt");
  EXPECT_EQ(std::count(names.begin(), names.end(), '\n'), 12);
  EXPECT_THAT(names, HasSubstr("val.tar/val/dark/140.png"));
}

TEST_F(Sources, APackIsVerifiedAndNeverReplaced) {
  const std::string pack = shop_.folder / "pack";
  ASSERT_EQ(dbot({"data", "pack", images_, pack}).exit_code, 0);
  EXPECT_EQ(dbot({"data", "pack", images_, pack}).exit_code, 2);
  EXPECT_EQ(dbot({"data", "pack", "--verify", pack}).exit_code, 0);
  std::string shard = read_file(pack + "/val/shard-00000.images");
  if (shard.empty()) shard = read_file(pack + "/test/shard-00000.images");
  shard[shard.size() / 2] ^= 1;
  write_file(pack + "/test/shard-00000.images", shard);
  const Result damaged = dbot({"data", "pack", "--verify", pack});
  EXPECT_EQ(damaged.exit_code, 3);
  EXPECT_THAT(damaged.err, HasSubstr("test/shard-00000.images is damaged"));
  EXPECT_EQ(dbot({"data", "pack", images_}).exit_code, 2);
  EXPECT_EQ(dbot({"data", "pack", images_, shop_.folder / "other", "--quality", "0"}).exit_code, 2);
}

TEST_F(Sources, WhatIsNoSourceIsBadData) {
  write_file(shop_.folder / "list.csv", "id,what\n1,2\n");
  write_file(shop_.folder / "cut.tar", tar_of("val/").substr(0, 2600));
  for (const char* name : {"list.csv", "cut.tar", "shards-{0..3}.tar", "clip.mp4"}) {
    const Result result = dbot(
        {"pretrain", shop_.recipe, "--data", shop_.folder / name, "--out", shop_.folder / "never"});
    EXPECT_EQ(result.exit_code, 3) << name << ": " << result.err;
  }
  EXPECT_FALSE(fs::exists(shop_.folder / "never"));
}

}  // namespace
}  // namespace dbot::cli_test
