#include "dbot/data/loader/clip_part.h"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>

#include <functional>

#include "dbot/data/loader/loader.h"
#include "dbot/data/sources/open.h"
#include "tests/data/video/videos.h"
#include "tests/formats/writer/tar_writer.h"

namespace dbot::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ClipPartConfig small_clips() {
  ClipPartConfig config;
  config.timing = {4, 2, 0};
  config.size = {16, 20};
  config.repeats = 3;
  config.index_folder.clear();
  return config;
}

class ClipParts : public test::Videos {
 protected:
  void SetUp() override {
    test::Videos::SetUp();
    for (const char* name : {"bend/a.mp4", "bend/b.MP4", "jump/c.mp4", "jump/d.mp4"}) {
      test::write_bytes(folder_ / "set" / name, test::bytes_of(test::video_path("small.mp4")));
    }
  }
  std::shared_ptr<const Dataset> open(const std::filesystem::path& path) {
    return open_part(path, Part::all, {.log = kept_.log(), .content = Content::videos});
  }
  std::vector<Batch> batches(const ClipPartConfig& clips, LoaderConfig loader, int count) {
    Loader loading(open(folder_ / "set"), {clip_part(clips)}, loader, kept_.log());
    std::vector<Batch> all;
    for (int i = 0; i < count; ++i) all.push_back(*loading.next());
    return all;
  }
  test::KeptLog kept_;
};

TEST_F(ClipParts, FoldsRepeatsBehindEachVideo) {
  const auto batch = batches(small_clips(), {.batch_size = 2, .workers = 1}, 1).front();
  const at::Tensor& clips = batch.tensors.at("clips");
  EXPECT_EQ(clips.sizes(), (at::IntArrayRef{6, 3, 4, 16, 20}));
  EXPECT_EQ(clips.scalar_type(), at::kByte);
  EXPECT_EQ(batch.size(), 2);
  EXPECT_EQ(batch.labels.size(), 2U);
  // Row b · repeats + r is clip r of video b.
  const auto place = video_file((folder_ / "set/bend/a.mp4").string());
  const auto known = index(place.path);
  for (std::int64_t slot = 0; slot < 2; ++slot) {
    auto requests = clip_requests(
        small_clips(), known, {0, batch.epoch, batch.sample_ids[static_cast<std::size_t>(slot)]});
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_NE(requests[0].window.region, requests[1].window.region);
    for (std::int64_t repeat = 0; repeat < 3; ++repeat) {
      at::Tensor own = at::empty_like(clips[0]);
      auto& request = requests[static_cast<std::size_t>(repeat)];
      request.clip = own.data_ptr<std::uint8_t>();
      ASSERT_TRUE(decode_clips(module_, place, "v", known, {}, {&request, 1}));
      EXPECT_TRUE(at::equal(clips[slot * 3 + repeat], own)) << slot << " " << repeat;
    }
  }
}

/// A frame of a clip [3, frames, height, width] as an image [3, height, width] of its own.
at::Tensor frame_of(const at::Tensor& clip, std::int64_t frame) {
  return clip.select(1, frame).contiguous();
}

TEST_F(ClipParts, PixelsOfAllFramesAreChangedAlike) {
  ClipPartConfig changed = small_clips();
  auto& pixels = changed.augmentation.pixels;
  pixels.random_augment = {.operations = 3, .magnitude = 7, .probability = 1};
  pixels.erase = {.probability = 1, .fill = EraseFill::colour};
  const LoaderConfig loading{.batch_size = 2, .workers = 1, .seed = 5};
  const auto plain = batches(small_clips(), loading, 1).front();
  const auto batch = batches(changed, loading, 1).front();
  const at::Tensor &before = plain.tensors.at("clips"), &after = batch.tensors.at("clips");
  for (std::int64_t row = 0; row < 6; ++row) {
    const PixelDraws draws{5, batch.epoch, batch.sample_ids[static_cast<std::size_t>(row / 3)],
                           static_cast<std::uint32_t>(row % 3)};
    for (std::int64_t frame = 0; frame < 4; ++frame) {
      const at::Tensor image = frame_of(before[row], frame);
      augment_pixels({image.data_ptr<std::uint8_t>(), 3, 16, 20}, pixels, draws);
      EXPECT_TRUE(at::equal(frame_of(after[row], frame), image)) << row << " " << frame;
      EXPECT_FALSE(at::equal(frame_of(before[row], frame), image)) << row << " " << frame;
    }
  }
}

TEST_F(ClipParts, PixelsOfTestViewsStayAsTheyAre) {
  ClipPartConfig plain = small_clips();
  plain.augmented = false;
  plain.size = {16, 16};
  ClipPartConfig changed = plain;
  changed.augmentation.pixels.erase.probability = 1;
  const LoaderConfig loading{.batch_size = 2, .workers = 0, .training = false};
  EXPECT_TRUE(at::equal(batches(plain, loading, 1).front().tensors.at("clips"),
                        batches(changed, loading, 1).front().tensors.at("clips")));
}

TEST_F(ClipParts, DependOnSeedEpochAndSampleAlone) {
  const auto alone = batches(small_clips(), {.batch_size = 2, .workers = 0, .seed = 5}, 4);
  const auto together = batches(small_clips(), {.batch_size = 2, .workers = 3, .seed = 5}, 4);
  const auto other = batches(small_clips(), {.batch_size = 2, .workers = 0, .seed = 6}, 1);
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_EQ(alone[i].sample_ids, together[i].sample_ids);
    EXPECT_TRUE(at::equal(alone[i].tensors.at("clips"), together[i].tensors.at("clips"))) << i;
  }
  EXPECT_FALSE(at::equal(alone[0].tensors.at("clips"), other[0].tensors.at("clips")));
  EXPECT_FALSE(at::equal(alone[0].tensors.at("clips"), alone[2].tensors.at("clips")));
}

TEST_F(ClipParts, BrokenVideosAreReplacedAndNamed) {
  auto bytes = test::bytes_of(test::video_path("small.mp4"));
  bytes.resize(3000);
  test::write_bytes(folder_ / "set/jump/broken.mp4", bytes);
  LoaderConfig config{.batch_size = 5, .workers = 1};
  config.max_bad_fraction = 0.5;
  Loader loading(open(folder_ / "set"), {clip_part(small_clips())}, config, kept_.log());
  EXPECT_EQ(loading.next()->size(), 5);
  EXPECT_THAT(loading.bad_samples(),
              ElementsAre(::testing::AllOf(HasSubstr("broken.mp4"), HasSubstr("cut short"))));
}

TEST_F(ClipParts, ViewsAreTimesAndSides) {
  auto config = small_clips();
  config.augmented = false;
  config.size = {16, 16};
  config.time_views = 2;
  config.side_views = 3;
  const auto batch = batches(config, {.batch_size = 1, .workers = 0, .training = false}, 1).front();
  EXPECT_EQ(batch.tensors.at("clips").size(0), 6);
  const auto known = index(folder_ / "set/bend/a.mp4");
  const auto requests = clip_requests(config, known, {});
  EXPECT_EQ(requests[0].frames, requests[2].frames);
  EXPECT_NE(requests[0].frames, requests[3].frames);
  EXPECT_EQ(requests[2].window.left, 5);  // 64 x 48 becomes 21 x 16
}

TEST_F(ClipParts, FolderListAndTarGiveTheSameVideos) {
  const auto folder = open(folder_ / "set");
  EXPECT_EQ(folder->size(), 4);
  EXPECT_THAT(folder->classes(), ElementsAre("bend", "jump"));
  test::write_text(folder_ / "set.csv", "video,label\nset/bend/a.mp4,bend\nset/jump/c.mp4,jump\n");
  const auto list = open(folder_ / "set.csv");
  EXPECT_EQ(list->size(), 2);
  EXPECT_EQ(list->label(1), 1);
  const auto bytes = test::bytes_of(test::video_path("small.mp4"));
  test::TarWriter tar;
  tar.add("bend/a.mp4", std::string(bytes.begin(), bytes.end()));
  tar.add("jump/c.mp4", std::string(bytes.begin(), bytes.end()));
  test::write_text(folder_ / "set.tar", tar.finish());
  const auto archive = open(folder_ / "set.tar");
  EXPECT_THAT(archive->classes(), ElementsAre("bend", "jump"));
  Sample in_folder, in_list, in_tar;
  folder->read(0, in_folder);
  list->read(0, in_list);
  archive->read(0, in_tar);
  const auto place = video_of(in_tar);
  EXPECT_GT(place.offset, 0U);
  EXPECT_EQ(place.bytes, video_of(in_folder).bytes);
  EXPECT_EQ(index_video(module_, place, "tar", {}),
            index_video(module_, video_of(in_list), "list", {}));
}

TEST_F(ClipParts, IndicesAreKeptAsLongAsTheFileStays) {
  const auto path = (folder_ / "set/bend/a.mp4").string();
  const auto cache = folder_ / "cache";
  const auto first = VideoIndices({}, cache).of(module_, video_file(path), path);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cache)) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, 1U);
  EXPECT_EQ(*VideoIndices({}, cache).of(module_, video_file(path), path), *first);
  test::write_bytes(path, test::bytes_of(test::video_path("uneven.mkv")));
  EXPECT_EQ(VideoIndices({}, cache).of(module_, video_file(path), path)->frames, 22);
}

TEST(ClipPart, RefusesWhatNoClipHas) {
  const auto refusal = [](const std::function<void(ClipPartConfig&)>& change) {
    ClipPartConfig config = small_clips();
    change(config);
    return test::message_of<UsageError>([&] { clip_part(config); });
  };
  EXPECT_THAT(refusal([](ClipPartConfig& config) { config.timing.frames = 0; }),
              HasSubstr("a clip of 0 frames"));
  EXPECT_THAT(refusal([](ClipPartConfig& config) { config.size.height = 0; }),
              HasSubstr("0x20 pixels"));
  EXPECT_THAT(refusal([](ClipPartConfig& config) { config.repeats = 0; }), HasSubstr("0 repeats"));
  EXPECT_THAT(refusal([](ClipPartConfig& config) { config.augmented = false; }),
              HasSubstr("expected a square"));
  EXPECT_THAT(refusal([](ClipPartConfig& config) {
                config.augmentation.pixels.erase.area = {0.5, 0.1};
              }),
              HasSubstr("data.erase_area"));
}

TEST(Sources, FoldersOfVideosAreToldFromThoseOfImages) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "a.mp4", "x");
  const auto refusal = [&](Content content) {
    return test::message_of<DataError>([&] {
      open_part(folder.path(), Part::all, {.log = core::silent_log(), .content = content});
    });
  };
  EXPECT_THAT(refusal(Content::images), HasSubstr("that is a video"));
  EXPECT_EQ(refusal(Content::videos), "nothing was thrown");
  std::filesystem::rename(folder / "a.mp4", folder / "a.jpg");
  EXPECT_THAT(refusal(Content::videos), HasSubstr("none of them a video (.mp4, .mkv"));
}

}  // namespace
}  // namespace dbot::data
