#include "dbot/nn/vit/config.h"

#include <algorithm>
#include <string>

#include "dbot/core/error.h"

namespace dbot::nn {
namespace {

[[noreturn]] void refuse(const std::string& key, const std::string& value,
                         const std::string& expected) {
  throw UsageError("[" + key.substr(0, key.find('.')) + "] " + key + " is " + value + ", " +
                   expected);
}

void check_positive(const std::string& key, std::int64_t value) {
  if (value < 1) refuse(key, std::to_string(value), "expected at least 1");
}

/// "1, 2, 4, 8": the divisors of both sides that people use, at most 16 of them.
std::string divisors(Size size) {
  std::string text;
  int count = 0;
  const std::int64_t shorter = std::min(size.height, size.width);
  for (std::int64_t d = 1; d <= shorter && count < 16; ++d) {
    if (size.height % d != 0 || size.width % d != 0) continue;
    text += (count++ > 0 ? ", " : "") + std::to_string(d);
  }
  return text;
}

void check_width(const std::string& section, std::int64_t width, std::int64_t heads) {
  check_positive(section + ".width", width);
  check_positive(section + ".heads", heads);
  if (width % 4 != 0) {
    refuse(section + ".width", std::to_string(width),
           "expected a multiple of 4 (the position table needs it); choose " +
               std::to_string((width + 3) / 4 * 4));
  }
  if (width % heads != 0) {
    refuse(section + ".heads", std::to_string(heads),
           "which does not divide the width " + std::to_string(width) + "; change one of them");
  }
}

/// Parts that only frozen networks have.
void check_frozen_parts(const std::string& section, const EncoderConfig& config) {
  if (config.registers < 0) {
    refuse(section + ".registers", std::to_string(config.registers), "expected 0 (none) or more");
  }
  if (config.rotary.coordinates == RotaryCoordinates::none) return;
  if (config.head_width() % 4 != 0) {
    refuse(section + ".heads", std::to_string(config.heads),
           "which makes heads of " + std::to_string(config.head_width()) +
               " columns; rotary positions need a multiple of 4");
  }
  if (config.rotary.reference.height < 0 || config.rotary.reference.width < 0 ||
      (config.rotary.reference.height == 0) != (config.rotary.reference.width == 0)) {
    refuse(section + ".rotary.reference", std::to_string(config.rotary.reference.height),
           "expected the rows and columns of a grid");
  }
}

}  // namespace

void check(const EncoderConfig& config, const char* section) {
  const std::string name(section);
  check_positive(name + ".image_size", std::min(config.image_size.height, config.image_size.width));
  check_positive(name + ".channels", config.channels);
  check_positive(name + ".patch_size", config.patch_size);
  if (config.image_size.height % config.patch_size != 0 ||
      config.image_size.width % config.patch_size != 0) {
    refuse(name + ".patch_size", std::to_string(config.patch_size),
           "which does not divide image_size " + std::to_string(config.image_size.height) + "×" +
               std::to_string(config.image_size.width) + "; choose one of " +
               divisors(config.image_size));
  }
  check_width(name, config.width, config.heads);
  if (config.depth < 0) {
    refuse(name + ".depth", std::to_string(config.depth), "expected 0 or more blocks");
  }
  if (!(config.mlp_ratio > 0) ||
      static_cast<std::int64_t>(static_cast<double>(config.width) * config.mlp_ratio) < 1) {
    refuse(name + ".mlp_ratio", std::to_string(config.mlp_ratio), "expected more than 0");
  }
  if (!(config.layer_norm_eps > 0)) {
    refuse(name + ".layer_norm_eps", std::to_string(config.layer_norm_eps), "expected more than 0");
  }
  if (!(config.layer_scale >= 0)) {
    refuse(name + ".layer_scale", std::to_string(config.layer_scale), "expected 0 (none) or more");
  }
  if (config.projection < 0) {
    refuse(name + ".projection", std::to_string(config.projection), "expected 0 (none) or more");
  }
  check_frozen_parts(name, config);
}

void check(const DecoderConfig& config) {
  check_width("decoder", config.width, config.heads);
  if (config.depth < 0) {
    refuse("decoder.depth", std::to_string(config.depth), "expected 0 or more blocks");
  }
}

}  // namespace dbot::nn
