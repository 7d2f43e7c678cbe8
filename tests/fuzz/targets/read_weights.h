#pragma once

#include <algorithm>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/formats/torch/weights_file.h"
#include "tests/fuzz/targets/input_file.h"

namespace dbot::fuzz {

/// Reads the first elements of a tensor and its last one: they lie in its storage.
inline std::uint64_t touch(const formats::StoredTensor& tensor) {
  constexpr std::int64_t kMost = 4096;
  require(tensor.shape.size() == tensor.strides.size());
  const std::int64_t elements = tensor.elements();
  require(elements >= 0);
  if (elements == 0) return 0;
  const std::size_t size = formats::element_size(tensor.type);
  const auto byte_at = [&](std::int64_t place) {
    require(place >= 0);
    const std::size_t begin = static_cast<std::size_t>(place) * size;
    require(begin + size <= tensor.storage.size());
    return std::to_integer<std::uint64_t>(tensor.storage[begin + size - 1]);
  };
  std::uint64_t sum = 0;
  std::vector<std::int64_t> index(tensor.shape.size(), 0);
  std::int64_t place = tensor.offset, last = tensor.offset;
  for (std::int64_t i = 0; i < std::min(elements, kMost); ++i) {
    sum += byte_at(place);
    for (std::size_t d = index.size(); d-- > 0;) {
      place += tensor.strides[d];
      if (++index[d] < tensor.shape[d]) break;
      place -= index[d] * tensor.strides[d];
      index[d] = 0;
    }
  }
  for (std::size_t d = 0; d < index.size(); ++d) last += (tensor.shape[d] - 1) * tensor.strides[d];
  return sum + byte_at(last);
}

/// Reads a weights file of any kind with all that is in it.
inline void read_weights(Bytes content) {
  static const InputFolder folder;
  const auto path = folder.write("weights.pth", content);
  try {
    const auto file = formats::WeightsFile::open(path);
    for (const formats::StoredTensor& tensor : file.tensors()) touch(tensor);
    for (const formats::StoredTensor& tensor : file.tensors()) file.verify(tensor);
    require(!file.values().empty());
  } catch (const DataError& error) {
    require(std::string_view(error.what()).find(path.string()) != std::string_view::npos);
  }
}

}  // namespace dbot::fuzz
