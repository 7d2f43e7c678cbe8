#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/runtime/named_tensors.h"

// Which rows of a position table are patches': tables have rows for all tokens before them, for the
// class token alone, or for none.
namespace dbot::exchange {

/// What is known of the tokens before the table is looked at.
struct PositionFacts {
  std::int64_t patch_size = 0;
  std::optional<core::Size> image_size = {};
  /// Registers by a name that timm does not use: they have no positions.
  bool registers_unplaced = false;
};

/// Brings `pos_embed` to rows for the class token, where there is one, and the patches: a missing
/// row of the class token becomes zeros, those of registers are added to the registers. Says so in
/// `filled`. Leaves alone what it does not understand. Throws DataError, beginning with `source`,
/// where several ways are possible.
void place_positions(runtime::NamedTensors& tensors, const PositionFacts& facts,
                     const std::string& source, std::vector<std::string>& filled);

/// Whether tensors without `cls_token` are of a network that has none: it pools by attention, or
/// its table has rows for a square of patches and no more, or for as many as the image has.
bool lacks_class_token(const runtime::NamedTensors& tensors, const PositionFacts& facts);

}  // namespace dbot::exchange
