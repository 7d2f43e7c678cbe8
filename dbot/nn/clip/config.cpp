#include "dbot/nn/clip/config.h"

#include <fmt/format.h>

#include "dbot/core/error.h"

namespace dbot::nn {
namespace {

[[noreturn]] void refuse_clip(const char* key, std::int64_t value, const std::string& expected) {
  throw UsageError({.operation = "recipe",
                    .subject = fmt::format("{} is {},", key, value),
                    .fault = Fault::mismatch,
                    .reason = expected});
}

/// Parts of other vision transformers, for which no clip has a meaning.
void check_clip_parts(const EncoderConfig& encoder) {
  const bool plain =
      encoder.has_plain_blocks() && encoder.registers == 0 && !encoder.attention_pool &&
      !encoder.pooled_norm && encoder.relative_positions == RelativePositions::none &&
      encoder.layer_scale == 0 && encoder.key_bias && encoder.patch_bias && !encoder.norm_before &&
      encoder.projection == 0 && encoder.position_table && encoder.gelu == Gelu::exact;
  if (plain) return;
  throw UsageError({.operation = "recipe",
                    .subject = "the encoder of clips",
                    .fault = Fault::unsupported,
                    .reason = "has parts that a plain vision transformer lacks"});
}

}  // namespace

void check(const ClipConfig& config) {
  check(config.encoder, "model");
  check(config.decoder);
  check_clip_parts(config.encoder);
  if (config.encoder.image_size.height != config.encoder.image_size.width) {
    refuse_clip("model.image_size", config.encoder.image_size.width,
                fmt::format("and {} high, expected a square", config.encoder.image_size.height));
  }
  if (config.frames < 1) refuse_clip("clips.frames", config.frames, "expected at least 1");
  if (config.tubelet < 1) refuse_clip("model.tubelet", config.tubelet, "expected at least 1");
  if (config.frames % config.tubelet != 0) {
    refuse_clip("model.tubelet", config.tubelet,
                fmt::format("which does not divide clips.frames {}", config.frames));
  }
  const std::int64_t predicted = config.predicted_frames;
  if (predicted < 1 || predicted > config.frames || predicted % config.steps() != 0) {
    refuse_clip("target.frames", predicted,
                fmt::format("expected a multiple of the {} steps of a clip, at most its {} frames",
                            config.steps(), config.frames));
  }
}

}  // namespace dbot::nn
