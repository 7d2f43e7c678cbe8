#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "dbot/data/batch.h"

namespace dbot::methods {

/// The rows that a classifier of labels reads: written out, or as the few numbers of each that are
/// not 0 (data/text/tables/row_parts.h), of which a product takes a hundredth of the time.
class LabelRows {
 public:
  LabelRows() = default;
  /// float32 [rows, width]. Not explicit: most callers have such rows.
  LabelRows(at::Tensor dense) : values_(std::move(dense)) {}
  /// Rows `first` … `first + count` − 1 of a batch. `prefix` stands before the names of its parts.
  /// Throws DataError for a place beyond the width.
  LabelRows(const data::Batch& batch, const std::string& prefix, std::int64_t first,
            std::int64_t count, std::int64_t width);

  /// rows · weightᵀ, of a weight [outputs, width]: [rows, outputs].
  at::Tensor times(const at::Tensor& weight) const;
  /// gradientᵀ · rows, of a gradient [rows, outputs]: [outputs, width].
  at::Tensor gathered(const at::Tensor& gradient) const;

 private:
  bool sparse() const { return places_.defined(); }

  at::Tensor values_;
  at::Tensor places_, begins_;  // int64, of each value; [rows + 1], where a row begins
  std::int64_t width_ = 0;
};

}  // namespace dbot::methods
