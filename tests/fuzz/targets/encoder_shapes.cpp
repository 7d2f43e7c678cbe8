#include "dbot/exchange/import/encoder_shapes.h"

#include <ATen/ops/zeros.h>

#include <sstream>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {
namespace {

constexpr std::size_t most_dimensions = 6;
constexpr std::int64_t largest_extent = 1 << 12;  // six of them still count in 64 bits less 9

/// Tensors of these names and shapes, all on the same four bytes.
runtime::NamedTensors tensors_of(std::string_view text) {
  runtime::NamedTensors tensors;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    std::vector<std::int64_t> shape;
    for (std::int64_t extent = 0; shape.size() < most_dimensions && words >> extent;) {
      shape.push_back(extent < 0 || extent > largest_extent ? 0 : extent);
    }
    tensors.insert_or_assign(name, at::zeros({}).expand(shape));
  }
  return tensors;
}

}  // namespace

void encoder_shapes(Bytes input) {
  const runtime::NamedTensors tensors = tensors_of(text_of(input));
  try {
    const nn::EncoderConfig config = exchange::infer_config(tensors, {}, "model.safetensors");
    require(config.width > 0 && config.heads > 0 && config.width % config.heads == 0);
    require(config.patch_size > 0 && config.patches() > 0);
    exchange::check_depth(tensors, config.depth, "model.safetensors");
  } catch (const DataError&) {
  }
}

}  // namespace dbot::fuzz
