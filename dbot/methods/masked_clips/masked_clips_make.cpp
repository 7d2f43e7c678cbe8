#include "dbot/methods/masked_clips/masked_clips.h"
#include "dbot/methods/masked_clips/masked_clips_entry.h"

namespace dbot::methods {

std::unique_ptr<Method> make(const MaskedClipsConfig& config, const MakeContext& context) {
  return std::make_unique<MaskedClips>(placed(config, context));
}

std::unique_ptr<Method> make_stored(const MaskedClipsConfig& config, const MakeContext& context) {
  return MaskedClips::to_be_loaded(placed(config, context));
}

}  // namespace dbot::methods
