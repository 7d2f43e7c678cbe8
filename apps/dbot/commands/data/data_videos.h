#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

// What `dbot data check | stats | bench` do with --videos.
namespace dbot::app {

struct VideoArguments {
  std::string data;
  int workers = 1;
  bool json = false;
};

/// Decodes every video and writes check.jsonl and quarantine.txt into `out`. Throws DataError where
/// one is broken.
void check_videos(const VideoArguments& arguments, const std::filesystem::path& out);

/// Sizes, lengths, rates, codecs and classes, of what containers say.
void show_video_statistics(const VideoArguments& arguments);

struct VideoBenchArguments {
  VideoArguments videos;
  std::int64_t batch = 8, clips = 500;  // videos of a batch; clips of a pass, at least
  std::int64_t frames = 16, size = 224, repeats = 1;
  double stride = 4;
};

void bench_videos(const VideoBenchArguments& arguments);

}  // namespace dbot::app
