#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dbot/exchange/names/tensor_names.h"

// What each tensor below an encoder's place is to it. The rule is positive: dbot computes with what
// it knows, leaves what is known to be no part of the features, and refuses everything else.
namespace dbot::exchange {

enum class PartUse {
  taken,   // the encoder's own
  left,    // buffers, heads, decoders, mask tokens, other networks
  unknown  // may change what the network computes
};

struct EncoderPart {
  PartUse use = PartUse::unknown;
  std::string official;  // name of a part that is taken
};

/// By its plain name below the encoder's place.
EncoderPart part_of(std::string_view name, const std::optional<NameStyle>& style);

/// "rotary positions (as in DINOv3 and EVA-02)": the kind of network that has such a tensor, and
/// the way out, for messages; empty if it is not known. Wherever the name stands in a file.
struct ForeignKind {
  std::string_view meaning, way_out;
};
std::optional<ForeignKind> foreign_kind(std::string_view name);
/// True if such a tensor shows rotary positions of a form that dbot does not have: what says most
/// of a network that has them.
bool shows_rotary_positions(std::string_view name);

}  // namespace dbot::exchange
