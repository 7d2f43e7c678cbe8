#pragma once

#include <cstdint>
#include <string>

#include "dbot/core/settings/settings.h"
#include "dbot/nn/vit/config.h"

// The recipe table [model], which all systems with a vision transformer have, and what those share
// that mask patches.
namespace dbot::methods {

// The upper bounds only keep slips of the finger from asking for absurd amounts of memory.
constexpr double kMostPixels = 8192;
constexpr double kMostWidth = 16384;
constexpr double kMostBlocks = 256;

void bind_encoder(core::Settings& settings, nn::EncoderConfig& model);
/// model.gelu, of systems whose networks do not all have the same one.
void bind_gelu(core::Settings& settings, nn::EncoderConfig& model);
/// Its word for a GELU: "exact", "tanh" or "quick", which recipes do not have.
std::string gelu_name(nn::Gelu gelu);
/// Those of them that every vision transformer has, from model.image_size to model.layer_norm_eps.
void bind_encoder_sizes(core::Settings& settings, nn::EncoderConfig& model);

/// The table [decoder] of systems that predict what is masked.
void bind_decoder(core::Settings& settings, nn::DecoderConfig& decoder);

/// Throws UsageError unless a mask of this ratio, which leaves so many of the patches visible,
/// leaves some and hides some.
void check_mask_ratio(double ratio, std::int64_t visible, std::int64_t patches);

/// Throws UsageError unless the sizes fit each other and the patches are not absurdly many.
void check_encoder(const nn::EncoderConfig& model);

/// "model.width 96, model.depth 4": what to lower where memory is short.
std::string encoder_size_keys(const nn::EncoderConfig& model);

}  // namespace dbot::methods
