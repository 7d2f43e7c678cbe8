#include "dbot/data/kept_sample.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace dbot::data {
namespace {

// Of each part: its head, its shape, its name, and its bytes from the next place that any type of
// values may lie at.
struct PartHead {
  std::uint64_t bytes = 0;
  std::uint16_t name_bytes = 0, dimensions = 0;
  bool encoded = true;
  c10::ScalarType type = c10::ScalarType::Byte;
};
static_assert(std::is_trivially_copyable_v<PartHead>);

constexpr std::size_t kAlignment = 8;

std::size_t aligned(std::size_t place) {
  return (place + kAlignment - 1) / kAlignment * kAlignment;
}

void append(std::vector<std::uint8_t>& kept, const void* from, std::size_t bytes) {
  const auto* first = static_cast<const std::uint8_t*>(from);
  kept.insert(kept.end(), first, first + bytes);
}

/// The size of a part that is kept, all but its bytes.
std::size_t overhead(std::string_view name, const SamplePart& part) {
  return aligned(sizeof(PartHead) + part.shape().size_bytes() + name.size());
}

}  // namespace

std::vector<std::uint8_t> keep_parts(const Sample& sample) {
  std::size_t bytes = 0;
  sample.each([&](std::string_view name, const SamplePart& part) {
    bytes = aligned(bytes) + overhead(name, part) + part.bytes().size();
  });
  std::vector<std::uint8_t> kept;
  kept.reserve(bytes);
  sample.each([&](std::string_view name, const SamplePart& part) {
    kept.resize(aligned(kept.size()));
    const PartHead head{part.bytes().size(), static_cast<std::uint16_t>(name.size()),
                        static_cast<std::uint16_t>(part.shape().size()), part.encoded(),
                        part.type()};
    append(kept, &head, sizeof head);
    append(kept, part.shape().data(), part.shape().size_bytes());
    append(kept, name.data(), name.size());
    kept.resize(aligned(kept.size()));
    append(kept, part.bytes().data(), part.bytes().size());
  });
  return kept;
}

void show_parts(std::span<const std::uint8_t> kept, Sample& sample) {
  std::size_t place = 0;
  while (place < kept.size()) {
    PartHead head;
    std::memcpy(&head, kept.data() + place, sizeof head);
    const auto* shape = reinterpret_cast<const std::int64_t*>(kept.data() + place + sizeof head);
    const auto* name = reinterpret_cast<const char*>(shape + head.dimensions);
    auto& part = sample.add({name, head.name_bytes});
    place = aligned(place + sizeof head + head.dimensions * sizeof *shape + head.name_bytes);
    if (head.encoded) {
      part.borrow_encoded(kept.subspan(place, head.bytes));
    } else {
      part.borrow_values(head.type, {shape, head.dimensions}, kept.data() + place);
    }
    place = aligned(place + head.bytes);
  }
}

}  // namespace dbot::data
