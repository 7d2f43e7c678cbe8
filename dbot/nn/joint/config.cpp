#include "dbot/nn/joint/config.h"

#include <fmt/format.h>

#include "dbot/core/error.h"

namespace dbot::nn {
namespace {

void require_at_least(const char* key, std::int64_t value, std::int64_t least) {
  if (value >= least) return;
  throw UsageError(fmt::format("[recipe] {} is {}, expected at least {}", key, value, least));
}

}  // namespace

JointConfig as_joint(JointConfig config) {
  config.encoder.gelu = Gelu::tanh;
  config.encoder.position_table = true;
  return config;
}

void check(const JointConfig& config) {
  check(config.encoder, "model");
  check(config.decoder);
  require_at_least("text.length", config.text_length, 1);
  // Padding, an unknown word and one that is known.
  require_at_least("text.vocabulary_size", config.vocabulary, 3);
  require_at_least("decoder.head_depth", config.head_depth, 0);
}

}  // namespace dbot::nn
