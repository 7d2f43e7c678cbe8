#include "dbot/methods/image_text/image_text.h"
#include "dbot/methods/image_text/image_text_entry.h"

namespace dbot::methods {

std::unique_ptr<Method> make(const ImageTextConfig& config, const MakeContext& context) {
  return std::make_unique<ImageText>(placed(config, context));
}

std::unique_ptr<Method> make_stored(const ImageTextConfig& config, const MakeContext& context) {
  return ImageText::to_be_loaded(placed(config, context));
}

}  // namespace dbot::methods
