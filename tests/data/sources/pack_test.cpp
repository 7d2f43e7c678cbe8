#include "dbot/data/sources/pack/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "dbot/core/files/files.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/loader/loader.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/sources/pack/pack_dataset.h"
#include "dbot/data/sources/pack/pack_index.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/loader/loader_batches.h"
#include "tests/data/sources/idx_writer.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class Pack : public ::testing::Test {
 protected:
  Pack() {
    for (const char* name : {"cat/a.jpg", "cat/b.png", "dog/a.jpg", "dog/c.jpg", "dog/d.jpg"}) {
      const bool png = std::string(name).ends_with(".png");
      test::put_image(source() / name, png ? "rgb.png" : "rgb_420.jpg");
    }
  }
  fs::path source() const { return folder_ / "images"; }
  fs::path out() const { return folder_ / "pack"; }

  PackSummary make(const PackConfig& config = {}) { return make(source(), config); }
  PackSummary make(const fs::path& from, const PackConfig& config = {}) {
    return pack(parts_of(from), out(), config, stop_, kept_.log(),
                [this](const core::PassProgress& pass) {
                  if (pass.done >= stop_at_) stop_.request();
                });
  }
  std::vector<std::shared_ptr<const Dataset>> parts_of(const fs::path& from) {
    std::vector<std::shared_ptr<const Dataset>> parts;
    const auto opened = data::open(from, Wanted::train_and_held_out, {kept_.log()});
    for (const auto& part : opened.named()) parts.push_back(part.images);
    return parts;
  }
  std::shared_ptr<const Dataset> open(const fs::path& path) {
    return open_images(path, kept_.log());
  }

  test::TemporaryFolder folder_;
  test::KeptLog kept_;
  core::StopRequest stop_;
  std::int64_t stop_at_ = 1 << 30;
};

/// Pixels of some batches of training.
std::vector<std::uint64_t> training_batches(const std::shared_ptr<const Dataset>& dataset,
                                            int workers) {
  test::ImageLoaderConfig config;
  config.image_size = {24, 24};
  config.batch_size = 2;
  config.workers = workers;
  config.seed = 5;
  Loader loader = test::image_loader(dataset, config, core::silent_log());
  std::vector<std::uint64_t> all;
  for (int i = 0; i < 6; ++i) {
    const auto batch = loader.next();
    const auto& images = batch->tensors.at("images");
    all.push_back(test::fingerprint(
        {images.data_ptr<std::uint8_t>(), static_cast<std::size_t>(images.numel())}));
    for (const auto label : batch->labels) all.push_back(static_cast<std::uint64_t>(label));
  }
  return all;
}

TEST_F(Pack, GivesTheSameBatchesAsTheFolder) {
  const auto summary = make({.shard_bytes = 2000, .workers = 2});
  EXPECT_EQ(summary.images, 5);
  EXPECT_GT(summary.shards, 2);
  const auto packed = open(out()), images = open(source());
  ASSERT_EQ(packed->size(), images->size());
  for (std::int64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(packed->key(i), images->key(i));
    EXPECT_EQ(packed->label(i), images->label(i));
    Sample sample;
    packed->read(i, sample);
    EXPECT_EQ(sample.find(kImagePart)->take(), test::bytes_of(images->name(i)));
  }
  EXPECT_EQ(packed->classes(), images->classes());
  EXPECT_THAT(packed->name(0), EndsWith("pack/cat/a.jpg"));
  EXPECT_EQ(training_batches(packed, 2), training_batches(images, 1));
  EXPECT_FALSE(fs::exists(folder_ / "pack.partial"));
}

TEST_F(Pack, SplitsAsTheFolderDoes) {
  make();
  const auto from_pack = open_labelled(out(), 3, kept_.log());
  const auto from_folder = open_labelled(source(), 3, kept_.log());
  ASSERT_EQ(from_pack.test->size(), from_folder.test->size());
  for (std::int64_t i = 0; i < from_pack.test->size(); ++i) {
    EXPECT_EQ(from_pack.test->key(i), from_folder.test->key(i));
  }
}

TEST_F(Pack, PartsStayParts) {
  test::put_image(folder_ / "set/train/cat/a.jpg");
  test::put_image(folder_ / "set/train/dog/a.jpg");
  test::put_image(folder_ / "set/val/cow/a.jpg");
  test::put_image(folder_ / "set/val/dog/a.jpg");
  EXPECT_EQ(make(folder_ / "set").images, 4);
  EXPECT_EQ(open(out())->size(), 2);
  const auto splits = open_labelled(out(), 0, kept_.log());
  EXPECT_THAT(splits.train->classes(), ElementsAre("cat", "cow", "dog"));
  EXPECT_EQ(splits.test->label(0), 1);
  EXPECT_EQ(verify_pack(out(), stop_).images, 4);
}

TEST_F(Pack, AStoppedPackGoesOnBehindItsLastShard) {
  const PackConfig config{.shard_bytes = 2000, .workers = 1};
  for (int i = 0; i < 12; ++i) test::put_image(source() / "dog" / (std::to_string(i) + ".jpg"));
  make(config);
  const auto whole = read_pack_index(out() / kPackIndexName);
  fs::remove_all(out());
  stop_at_ = 8;  // after the first group
  EXPECT_THROW(make(config), Stopped);
  EXPECT_FALSE(fs::exists(out()));
  const auto shard = folder_ / "pack.partial/pack/shard-00000.images";
  ASSERT_TRUE(fs::exists(shard));
  const auto written = fs::last_write_time(shard);
  stop_at_ = 1 << 30;
  core::StopRequest fresh;
  const auto summary = pack(parts_of(source()), out(), config, fresh, kept_.log());
  EXPECT_GT(summary.shards_kept, 0);
  EXPECT_EQ(fs::last_write_time(out() / "shard-00000.images"), written);
  EXPECT_EQ(pack_index_bytes(read_pack_index(out() / kPackIndexName)), pack_index_bytes(whole));
}

TEST_F(Pack, AnotherPlanBeginsAnew) {
  for (int i = 0; i < 12; ++i) test::put_image(source() / "dog" / (std::to_string(i) + ".jpg"));
  stop_at_ = 1;
  EXPECT_THROW(make({.shard_bytes = 2000, .workers = 1}), Stopped);
  core::StopRequest fresh;
  const auto summary = pack(parts_of(source()), out(), {.shard_bytes = 3000}, fresh, kept_.log());
  EXPECT_EQ(summary.shards_kept, 0);
  EXPECT_EQ(verify_pack(out(), fresh).images, 17);
}

TEST_F(Pack, LargerImagesAreMadeSmaller) {
  make({.shorter_side = 20});
  const auto packed = open(out());
  for (std::int64_t i = 0; i < packed->size(); ++i) {
    const auto image = load_image(*packed, i, 3);
    EXPECT_LE(std::min(image.width, image.height), 20) << packed->name(i);
  }
  const auto before = load_image(*open(source()), 0, 3), after = load_image(*packed, 0, 3);
  ASSERT_GT(std::min(before.width, before.height), 20);
  EXPECT_EQ(std::min(after.width, after.height), 20);
  const double ratio = static_cast<double>(before.width) / before.height;
  EXPECT_NEAR(static_cast<double>(after.width) / after.height, ratio, 0.05);
}

TEST_F(Pack, WhatCannotBeReadIsNamedAndLeftOut) {
  test::write_text(source() / "cat/empty.jpg", "");
  test::write_text(source() / "cat/note.png", "not found");
  test::write_bytes(source() / "cat/phone.jpg", std::vector<std::uint8_t>{'G', 'I', 'F', '8', 1});
  const auto summary = make();
  EXPECT_EQ(summary.left_out, 3);
  const auto left_out = [&](const char* name, const char* reason) {
    return AllOf(HasSubstr("left out: " + (source() / "cat" / name).string()), HasSubstr(reason));
  };
  EXPECT_THAT(kept_.lines, ElementsAre(left_out("empty.jpg", ""), left_out("note.png", "is text"),
                                       left_out("phone.jpg", "is a GIF image")));
  EXPECT_EQ(open(out())->size(), 5);
}

TEST_F(Pack, RefusesAFullFolderAndImagesThatAreNotEncoded) {
  test::write_text(out() / "mine.txt", "x");
  EXPECT_THAT(message_of<UsageError>([&] { make(); }), HasSubstr("pack is there already"));
  EXPECT_EQ(core::read_text_file(out() / "mine.txt"), "x");
  fs::remove_all(out());
  test::write_bytes(folder_ / "digits", test::idx_bytes({3, 2, 2}));
  EXPECT_THAT(message_of<UsageError>([&] { make(folder_ / "digits"); }),
              HasSubstr("is no encoded image"));
}

TEST_F(Pack, DamageIsFound) {
  make({.shard_bytes = 2000});
  EXPECT_EQ(verify_pack(out(), stop_).images, 5);
  const auto shard = out() / "shard-00001.images";
  auto bytes = test::bytes_of(shard);
  bytes[10] ^= 1;
  test::write_bytes(shard, bytes);
  EXPECT_THAT(message_of<DataError>([&] { verify_pack(out(), stop_); }),
              AllOf(HasSubstr("shard-00001.images is damaged"), HasSubstr("1 of ")));
  bytes.pop_back();
  test::write_bytes(shard, bytes);
  EXPECT_THAT(message_of<DataError>([&] { open(out()); }), HasSubstr("but its index says"));
  fs::remove(shard);
  EXPECT_THAT(message_of<DataError>([&] { open(out()); }), HasSubstr("cannot be opened"));
}

std::string index_refusal(std::string bytes) {
  return message_of<DataError>([&] { parse_pack_index(std::as_bytes(std::span(bytes))); });
}

/// With a checksum that holds.
std::string sealed(std::string bytes) {
  return bytes + core::checksum(std::as_bytes(std::span(bytes)));
}

TEST(PackIndex, DamageAndLiesAreRefused) {
  PackIndex index;
  index.shards = {{100, std::string(32, 'a')}};
  index.places = {{40, 0, 60}};
  index.labels = {0};
  index.names.add("a.jpg");
  index.classes = {"cat"};
  const std::string whole = pack_index_bytes(index);
  const auto back = parse_pack_index(std::as_bytes(std::span(whole)));
  EXPECT_EQ(back.names[0], "a.jpg");
  EXPECT_EQ(back.places[0].offset, 40U);
  EXPECT_THAT(back.classes, ElementsAre("cat"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(index_refusal(whole.substr(0, size)), "nothing was thrown");
  }
  std::string damaged = whole;
  damaged[60] ^= 1;
  EXPECT_THAT(index_refusal(damaged), HasSubstr("checksum does not hold"));

  const std::string body = whole.substr(0, whole.size() - 32);
  const auto with = [&](std::size_t at, char value) {
    std::string lie = body;
    lie[at] = value;
    return index_refusal(sealed(lie));
  };
  EXPECT_THAT(with(8, 2), HasSubstr("is of version 2"));
  EXPECT_THAT(with(23, 1), HasSubstr("ends too early"));       // 2^56 images
  EXPECT_THAT(with(80, 41), HasSubstr("outside its shard"));   // the offset
  EXPECT_THAT(with(92, 1), HasSubstr("outside its shard"));    // the shard
  EXPECT_THAT(with(96, 1), HasSubstr("a label of no class"));  // the label
  EXPECT_THAT(with(100, 99), HasSubstr("ends too early"));     // the name's length
  EXPECT_THAT(index_refusal(sealed(body + "x")), HasSubstr("behind its end"));
}

}  // namespace
}  // namespace dbot::data
