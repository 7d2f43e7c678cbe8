#include "dbot/formats/onnx/onnx_model.h"

#include <functional>
#include <numeric>

namespace dbot::formats {

std::uint64_t element_size(OnnxType type) {
  switch (type) {
    case OnnxType::uint8:
      return 1;
    case OnnxType::float32:
      return 4;
    case OnnxType::int64:
      return 8;
  }
  return 0;
}

std::uint64_t OnnxConstant::bytes() const {
  return std::accumulate(shape.begin(), shape.end(), element_size(type),
                         [](std::uint64_t product, std::int64_t extent) {
                           return product * static_cast<std::uint64_t>(extent);
                         });
}

}  // namespace dbot::formats
