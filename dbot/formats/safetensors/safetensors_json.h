#pragma once

#include <string>
#include <string_view>

#include "dbot/formats/safetensors/safetensors_header.h"

namespace dbot::formats {

/// The header's entry that is no tensor.
constexpr const char* kMetadataKey = "__metadata__";

/// Reads the header's JSON in one pass, without a tree of it in memory, and accepts only its fixed
/// form: {"__metadata__": {text: text}, name: {"dtype": text, "shape": [integer],
/// "data_offsets": [integer, integer]}}. Keys must be unique. Throws DataError.
Header parse_header_json(std::string_view json);

/// Text of a file for a message: quoted, at most 100 bytes, anything but printable ASCII as "?".
std::string printable(std::string_view text);

}  // namespace dbot::formats
