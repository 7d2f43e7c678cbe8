#pragma once

#include <c10/util/ArrayRef.h>

#include <cstdint>
#include <string>

namespace dbot::runtime {

/// "[2, 3, 4]", for messages.
inline std::string shape_text(c10::IntArrayRef shape) {
  std::string text = "[";
  for (const std::int64_t extent : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  }
  return text + "]";
}

}  // namespace dbot::runtime
