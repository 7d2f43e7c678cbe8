#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "dbot/core/error.h"

// JSON from files that anybody may have written. Only sources include this: our headers name no
// type of another library.
namespace dbot::core {

/// Throws DataError for text whose lists and objects nest more than 64 deep. Parsing recurses, so a
/// small file could exhaust the stack.
void check_json_nesting(std::string_view text);

/// The document. Throws DataError if it nests too deep, nlohmann's parse_error if it is not JSON.
template <typename Json = nlohmann::json>
Json parse_json(std::string_view text) {
  check_json_nesting(text);
  return Json::parse(text);
}

/// A number without a fraction that 64 bits hold. Throws DataError for any other, which nlohmann
/// would convert without a word.
template <typename Json>
std::int64_t whole_number(const Json& value) {
  const bool beyond = value.is_number_unsigned() &&
                      value.template get<std::uint64_t>() >
                          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value.is_number_integer() || beyond) {
    throw DataError(
        {.fault = Fault::corrupt, .reason = "a value is not a whole number within 64 bits"});
  }
  return value.template get<std::int64_t>();
}

}  // namespace dbot::core
