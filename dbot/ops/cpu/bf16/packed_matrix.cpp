#include "dbot/ops/cpu/bf16/packed_matrix.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/BFloat16.h>

#include <algorithm>

#include "dbot/ops/cpu/kernels/bf16/pack_kernels.h"
#include "dbot/ops/cpu/matrix_product.h"

namespace dbot::ops {
namespace {

PackedMatrix empty_packed(std::int64_t depth, std::int64_t columns) {
  const std::int64_t groups = rounded_up(columns, kTileColumns) / kTileColumns;
  return {at::empty({groups, rounded_up(depth, kTileDepth) * kTileColumns}, at::kBFloat16), depth,
          columns};
}

/// The group from column `first` on, where columns are `column` apart.
template <typename Element, typename Kernel>
void pack_groups(const PackedMatrix& packed, const Element* from, std::int64_t stride,
                 std::int64_t column, Kernel kernel) {
  auto* to = packed.values.mutable_data_ptr<c10::BFloat16>();
  const std::int64_t size = packed.values.size(1);
  at::parallel_for(0, packed.values.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t group = begin; group < end; ++group) {
      const std::int64_t first = group * kTileColumns;
      kernel({from + first * column, stride, packed.depth,
              std::min(kTileColumns, packed.columns - first)},
             to + group * size);
    }
  });
}

template <typename Element>
void pack_weight(const PackedMatrix& packed, const at::Tensor& weight) {
  pack_groups(packed, weight.const_data_ptr<Element>(), weight.size(1), weight.size(1),
              pack_kernels<Element>().along);
}

template <typename Element>
void pack_rows(const PackedMatrix& packed, const at::Tensor& matrix) {
  pack_groups(packed, matrix.const_data_ptr<Element>(), matrix.size(1), 1,
              pack_kernels<Element>().across);
}

}  // namespace

bool multiplies_bf16() {
  return product_library() == ProductLibrary::own && block_engine() != BlockEngine::none;
}

PackedMatrix packed_weight(const at::Tensor& weight) {
  PackedMatrix packed = empty_packed(weight.size(1), weight.size(0));
  if (weight.scalar_type() == at::kBFloat16) {
    pack_weight<c10::BFloat16>(packed, weight);
  } else {
    pack_weight<float>(packed, weight);
  }
  return packed;
}

PackedMatrix packed_rows(const at::Tensor& matrix) {
  PackedMatrix packed = empty_packed(matrix.size(0), matrix.size(1));
  if (matrix.scalar_type() == at::kBFloat16) {
    pack_rows<c10::BFloat16>(packed, matrix);
  } else {
    pack_rows<float>(packed, matrix);
  }
  return packed;
}

}  // namespace dbot::ops
