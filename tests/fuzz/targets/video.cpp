#include "dbot/core/error.h"
#include "dbot/data/video/video_index.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {
namespace {

/// Null where libdbot_video.so is not built; DBOT_MODULES says where a build of it lies.
std::shared_ptr<const data::VideoModule> video_module() try {
  return data::VideoModule::load();
} catch (const Error&) {
  return nullptr;
}

}  // namespace

void video(Bytes input) {
  static const auto module = video_module();
  static const InputFolder folder;
  if (!module || input.empty()) return;
  const auto file = folder.write("input.mp4", input).string();
  const data::VideoLimits limits{.most_pixels = 1 << 20, .most_frames = 2000, .most_seconds = 5};
  try {
    const auto found = data::index_video(module, data::video_file(file), file, limits);
    require(found.frames > 0 && found.frames <= limits.most_frames && found.rate > 0);
    // Without key frames a clip is decoded from the first packet on.
    std::int64_t before = -1;
    for (const auto& key : found.keys) {
      require(key.frame > before && key.frame < found.frames);
      before = key.frame;
    }
  } catch (const DataError&) {
  }
}

}  // namespace dbot::fuzz
