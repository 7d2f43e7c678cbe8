#include "dbot/methods/masked_clips/clip_keys.h"

#include <fmt/format.h>

#include "dbot/core/settings/ranges.h"
#include "dbot/methods/check_values.h"
#include "dbot/methods/encoder_keys.h"

namespace dbot::methods {
namespace {

constexpr std::int64_t kMostClipTokens = 65536;  // attention alone is quadratic in them

void check_clip_tokens(const nn::ClipConfig& network) {
  if (network.tokens() <= kMostClipTokens) return;
  refuse_recipe(
      fmt::format("clips of {} steps of {} patches have {} tokens, expected at most {}; "
                  "choose a larger model.patch_size or fewer clips.frames",
                  network.steps(), network.places(), network.tokens(), kMostClipTokens));
}

}  // namespace

void bind_clip_network(core::Settings& settings, nn::ClipConfig& network) {
  bind_encoder_sizes(settings, network.encoder);
  settings.add("model.tubelet", network.tubelet, core::at_least(1, kMostFrames), "frames",
               "Frames of a token; divides the frames of a clip.");
  settings.add_choice("model.positions", network.positions, {"sincos", "learned", "separable"},
                      "Tables of positions: computed; one that is learned; or one for places and "
                      "one for steps of time, added.");
  settings.add("model.class_token", network.encoder.class_token,
               "A class token in encoder and decoder.");
  settings.add("model.attention_bias", network.attention_bias,
               "Queries, keys and values have a bias.");
}

void bind_clip_start(core::Settings& settings, ClipStart& start, std::string& path) {
  settings.add_choice("start.init", start, {"random", "file", "image"},
                      "The first weights: drawn at random; those of an MAE-ST, whose decoder a "
                      "system that predicts pixels needs, too; or those of an encoder of images, "
                      "whose kernel is spread over the frames.");
  settings.add("start.path", path,
               "The weights file of an MAE-ST, or with init = \"image\" of a vision transformer.");
}

void bind_clip_frames(core::Settings& settings, nn::ClipConfig& network, std::int64_t& repeats) {
  settings.add("clips.frames", network.frames, core::at_least(1, kMostFrames), "frames",
               "Frames of a clip.");
  settings.add("clips.stride", network.stride, core::above(0, kMostFrames), "frames",
               "Frames of a video from one frame of the clip to the next.");
  settings.add("clips.target_fps", network.frames_per_second, core::at_least(0, 1000),
               "frames/second",
               "The rate of the videos that stride counts frames of: others have strides of the "
               "same time; 0: each video's own.");
  settings.add("clips.repeats", repeats, core::at_least(1, kMostRepeats), "",
               "Clips of each video in a step, each with draws of its own: start, crop, flip and "
               "what the system draws.");
}

void check_clip_network(const nn::ClipConfig& network) {
  nn::check(network);
  if (network.encoder.channels != 3) {
    refuse_recipe(fmt::format("model.channels is {}, but videos have 3; set model.channels = 3",
                              network.encoder.channels));
  }
  check_clip_tokens(network);
  check_float32("model.layer_norm_eps", network.encoder.layer_norm_eps);
}

void check_clip_start(ClipStart start, const std::string& path, const nn::ClipConfig& network) {
  const bool given = start != ClipStart::random;
  if (given && path.empty()) {
    refuse_recipe(
        "start.init is not \"random\" and start.path is empty; name a weights file, or choose "
        "start.init = \"random\"");
  }
  if (!given && !path.empty()) {
    refuse_recipe(
        fmt::format("start.path is \"{}\", but start.init is \"random\"; set start.init = \"file\" "
                    "or \"image\", or remove the path",
                    path));
  }
  if (start == ClipStart::image && !network.attention_bias) {
    refuse_recipe(
        "start.init is \"image\", whose queries, keys and values have biases; set "
        "model.attention_bias = true");
  }
}

}  // namespace dbot::methods
