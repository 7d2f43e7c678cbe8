#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dbot::objectives {

/// The label that most of the `neighbours` nearest rows of `reference` have, by Euclidean distance;
/// of equally near rows the first count, of equally frequent labels the smallest wins. More
/// neighbours than rows are all rows. reference: [rows, width]; labels: int64 [rows]; queries:
/// [queries, width]. Returns int64 [queries]. Throws Error without rows or neighbours.
at::Tensor nearest_vote(const at::Tensor& reference, const at::Tensor& labels,
                        const at::Tensor& queries, std::int64_t neighbours);

}  // namespace dbot::objectives
