#include "dbot/exchange/names/plain_names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>

namespace dbot::exchange {
namespace {

constexpr std::array<std::string_view, 8> kWrappers{"module",
                                                    "_module",
                                                    "_orig_mod",
                                                    "_fsdp_wrapped_module",
                                                    "_checkpoint_wrapped_module",
                                                    "_fpw_module",
                                                    "_forward_module",
                                                    "_dp_wrapped_module"};

constexpr std::string_view kBlockPrefix = "blocks.";

/// A whole number with a dot behind it, which are taken off.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != '.' || number < 0) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()) + 1);
  return number;
}

struct ChunkedName {
  std::int64_t chunk = 0, block = 0;
  std::string_view rest;

  std::pair<std::int64_t, std::int64_t> place() const { return {chunk, block}; }
};

std::optional<ChunkedName> chunked(std::string_view name) {
  if (!name.starts_with(kBlockPrefix)) return std::nullopt;
  name.remove_prefix(kBlockPrefix.size());
  const auto chunk = take_number(name);
  const auto block = chunk ? take_number(name) : std::nullopt;
  if (!block) return std::nullopt;
  return ChunkedName{*chunk, *block, name};
}

/// Numbers in the network by chunk and number; false where they have gaps.
bool number_places(std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t>& numbers) {
  bool through = true, in_each = true;
  std::int64_t in_order = 0, chunk = -1, expected = 0;
  for (auto& [place, number] : numbers) {
    if (place.first != chunk) {
      in_each = in_each && place.first == chunk + 1;
      chunk = place.first;
      expected = 0;
    }
    in_each = in_each && place.second == expected++;
    through = through && place.second == in_order;
    number = in_order++;
  }
  return through || in_each;
}

}  // namespace

bool is_wrapper(std::string_view part) {
  return std::ranges::find(kWrappers, part) != kWrappers.end();
}

std::string without_wrappers(std::string_view name) {
  std::string plain;
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find('.'));
    const bool last = part.size() == name.size();
    if (last || !is_wrapper(part)) plain += name.substr(0, part.size() + (last ? 0 : 1));
    name.remove_prefix(part.size() + (last ? 0 : 1));
  }
  return plain;
}

void number_blocks(std::vector<std::string>& names) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> numbers;
  for (const std::string& name : names) {
    if (const auto found = chunked(name)) numbers.emplace(found->place(), 0);
  }
  if (numbers.empty() || !number_places(numbers)) return;
  for (std::string& name : names) {
    if (const auto found = chunked(name)) {
      name = std::string(kBlockPrefix) + std::to_string(numbers.at(found->place())) + "." +
             std::string(found->rest);
    }
  }
}

}  // namespace dbot::exchange
