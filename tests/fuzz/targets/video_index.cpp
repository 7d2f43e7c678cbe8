#include "dbot/data/video/video_index.h"

#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void video_index(Bytes input) {
  const data::VideoPlace place{"/data/a.mp4", 0, 100, 1};
  const auto found = data::parse_video_index(text_of(input), place);
  if (!found) return;
  require(found->frames > 0 && found->rate > 0);
  if (!found->counted) found->time(found->frames - 1);
  const auto* key = found->key_before(found->frames - 1);
  require(key == nullptr || key->frame < found->frames);
  require(data::unpack_video_index(data::pack_video_index(*found, place), place) == found);
}

}  // namespace dbot::fuzz
