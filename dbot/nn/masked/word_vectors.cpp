#include "dbot/nn/masked/word_vectors.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>

#include "dbot/core/random.h"

namespace dbot::nn {
namespace {

// Not a seed of the run: weights that are stored fit the same vectors wherever they are read.
constexpr std::array<std::uint32_t, 2> kWordVectorKey{0x64426f54U, 0x776f7264U};
constexpr std::int64_t kWordBits = 32, kBlockBits = 4 * kWordBits;

void write_signs(std::uint32_t word, float* to, std::int64_t width) {
  for (std::int64_t begin = 0; begin < width; begin += kBlockBits) {
    const auto bits =
        core::philox({static_cast<std::uint32_t>(begin / kBlockBits), word, 0, 0}, kWordVectorKey);
    for (std::int64_t i = 0; i < std::min(kBlockBits, width - begin); ++i) {
      const std::uint32_t bit = bits[static_cast<std::size_t>(i / kWordBits)] >> (i % kWordBits);
      to[begin + i] = (bit & 1U) != 0 ? 1.0F : -1.0F;
    }
  }
}

}  // namespace

at::Tensor word_vectors(const at::Tensor& words, std::int64_t width) {
  const at::Tensor numbers = words.cpu().to(at::kLong).contiguous();
  at::Tensor vectors = at::zeros({words.size(0), words.size(1), width}, at::kFloat);
  const std::int64_t* from = numbers.const_data_ptr<std::int64_t>();
  float* to = vectors.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < numbers.numel(); ++i) {
    if (from[i] != 0) write_signs(static_cast<std::uint32_t>(from[i]), to + i * width, width);
  }
  return vectors.to(words.device());
}

}  // namespace dbot::nn
