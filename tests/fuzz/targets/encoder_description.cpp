#include "dbot/exchange/encoder_description.h"

#include "dbot/core/error.h"
#include "dbot/exchange/convolution/convolution_description.h"
#include "dbot/exchange/video/clip_description.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

/// Of a vision transformer, a convolutional network, or an encoder of clips.
void encoder_description(Bytes input) {
  try {
    const std::string text =
        exchange::to_json(exchange::description_from_json(text_of(input), "model.safetensors"));
    require(exchange::to_json(exchange::description_from_json(text, "written")) == text);
  } catch (const DataError&) {
  }
  try {
    const std::string text =
        exchange::to_json(exchange::convolution_from_json(text_of(input), "model.safetensors"));
    require(exchange::describes_convolution(text));
    require(exchange::to_json(exchange::convolution_from_json(text, "written")) == text);
  } catch (const DataError&) {
  }
  try {
    const std::string text =
        exchange::to_json(exchange::clip_from_json(text_of(input), "model.safetensors"));
    require(exchange::describes_clips(text));
    require(exchange::to_json(exchange::clip_from_json(text, "written")) == text);
  } catch (const DataError&) {
  }
}

}  // namespace dbot::fuzz
