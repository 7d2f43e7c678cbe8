#include <algorithm>
#include <cstdio>
#include <cstring>

#include "dbot/core/error.h"
#include "dbot/formats/tar_reader.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {
namespace {

constexpr std::size_t tar_block = 512;

/// Gives a header the checksum it should have: hardly any input would get past it otherwise.
void repair_checksum(std::span<std::byte> header) {
  constexpr std::size_t begin = 148, size = 8;
  std::memset(header.data() + begin, ' ', size);
  unsigned sum = 0;
  for (const auto byte : header) sum += std::to_integer<unsigned>(byte);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  std::memcpy(header.data() + begin, digits, 7);
}

void walk(Bytes input, bool repair) {
  const auto read = [&](std::uint64_t offset, std::span<std::byte> bytes) {
    require(offset <= input.size() && bytes.size() <= input.size() - offset);
    std::memcpy(bytes.data(), input.data() + offset, bytes.size());
    const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
    if (repair && bytes.size() == tar_block && !std::ranges::all_of(bytes, is_zero)) {
      repair_checksum(bytes);
    }
    return bytes.size();
  };
  try {
    formats::TarReader reader(read, input.size());
    while (const auto member = reader.next()) {
      require(member->offset <= input.size() && member->size <= input.size() - member->offset);
    }
  } catch (const DataError&) {
  }
}

}  // namespace

void tar(Bytes input) {
  walk(input, false);
  walk(input, true);
}

}  // namespace dbot::fuzz
