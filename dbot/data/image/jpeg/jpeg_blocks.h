#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dbot/data/image/jpeg/jpeg_entropy.h"

// The blocks of a sequential JPEG's scan, one after the other (T.81, F.2.2). All is inlined into
// the loop over blocks: the reader then stays in registers, and what passes through memory between
// two codes costs as much as the code.
namespace dbot::data {

/// How the blocks of a component are coded.
struct BlockCodes {
  /// Where the k-th number of the data goes, and what it is multiplied by.
  struct Place {
    std::uint16_t place = 0, step = 0;
  };

  const HuffmanTable *dc = nullptr, *ac = nullptr;
  std::array<Place, 64> places;
  int useful = 64;        // numbers of a block that the transform reads, in the order of the data
  std::int32_t mean = 0;  // 8 times that of the last block, in steps; the next one is told from it
};

/// T.81, F.2.2.1: the coefficient that is 8 times the block's mean, less that of the one before.
[[gnu::always_inline]] inline bool decode_mean(BitReader& reader, BlockCodes& codes) {
  reader.refill();
  const auto entry = codes.dc->find(reader.bits());
  if (entry.bits == 0 || (entry.zeros != 0 && entry.zeros != HuffmanTable::kEndOfBlock)) {
    return false;
  }
  codes.mean = static_cast<std::int16_t>(codes.mean + number_behind(reader.bits(), entry));
  reader.drop(entry.bits);
  return true;
}

/// What is left of a block from its k-th number on, of no use: several codes at once.
[[gnu::always_inline]] inline bool skip_numbers(BitReader& reader, const BlockCodes& codes, int k) {
  const HuffmanTable& table = *codes.ac;
  while (k < 64) {
    // 25 bits are there, enough for a code. More are fetched while it is looked up: always, as
    // guessing whether it is time costs more.
    const auto leap = table.leap(reader.bits());
    reader.refill();
    if (leap.bits != 0 && k + leap.advance < 64) {
      reader.drop(leap.bits);
      if (leap.ends) break;
      k += leap.advance;
      continue;
    }
    const auto entry = table.find(reader.bits());
    if (entry.bits == 0) return false;
    reader.drop(entry.bits);
    if (entry.zeros == HuffmanTable::kEndOfBlock) break;
    k += entry.zeros + 1;
    if (k > 64) return false;
  }
  return true;
}

/// A block of which only the mean is of use, for the next one.
[[gnu::always_inline]] inline bool skip_block(BitReader& reader, BlockCodes& codes) {
  return decode_mean(reader, codes) && skip_numbers(reader, codes, 1);
}

/// T.81, F.2.2.2. `coefficients` are 0 before. `last` is the place in the data of the last one that
/// is not.
[[gnu::always_inline]] inline bool decode_block(BitReader& reader, BlockCodes& codes,
                                                std::int16_t* coefficients, int& last) {
  if (!decode_mean(reader, codes)) return false;
  coefficients[0] = static_cast<std::int16_t>(codes.mean * codes.places[0].step);
  last = 0;
  const HuffmanTable& table = *codes.ac;
  int k = 1;
  for (; k < codes.useful; ++k) {
    const auto entry = table.find(reader.bits());  // as in skip_numbers
    reader.refill();
    if (entry.bits == 0) return false;
    k += entry.zeros;
    if (k > 63) {
      reader.drop(entry.bits);
      return entry.zeros == HuffmanTable::kEndOfBlock;
    }
    // Sixteen zeros end with a number of no bits, which is 0.
    const auto [place, step] = codes.places[static_cast<std::size_t>(k)];
    coefficients[place] = static_cast<std::int16_t>(number_behind(reader.bits(), entry) * step);
    last = k;
    reader.drop(entry.bits);
  }
  return skip_numbers(reader, codes, k);
}

}  // namespace dbot::data
