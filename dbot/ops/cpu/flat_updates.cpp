#include <ATen/Parallel.h>

#include <cmath>
#include <vector>

#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/flat_chunks.h"
#include "dbot/ops/cpu/kernels/flat_kernels.h"

namespace dbot::ops {
namespace {

/// The buffers from their first value on.
MomentumRange range_of(const MomentumTensors& tensors) {
  return {
      .values = tensors.values.mutable_data_ptr<float>(),
      .gradients = tensors.gradients.mutable_data_ptr<float>(),
      .momentum = tensors.momentum.defined() ? tensors.momentum.mutable_data_ptr<float>() : nullptr,
      .count = tensors.values.numel()};
}

MomentumRange part(const MomentumRange& whole, std::int64_t begin, std::int64_t end) {
  return {whole.values + begin, whole.gradients + begin,
          whole.momentum == nullptr ? nullptr : whole.momentum + begin, end - begin};
}

/// A chunk of one layer, or of what lies between two.
struct Piece {
  FlatRange range;
  std::size_t layer;  // as many as there are layers: it is of none
};

void append_pieces(std::vector<Piece>& pieces, std::int64_t begin, std::int64_t end,
                   std::size_t layer) {
  for (; begin < end; begin += kFlatChunk) {
    pieces.push_back({{begin, std::min(begin + kFlatChunk, end)}, layer});
  }
}

/// All of a buffer of `size` values; chunks of a layer begin with it.
std::vector<Piece> pieces_of(std::span<const FlatRange> layers, std::int64_t size) {
  std::vector<Piece> pieces;
  std::int64_t done = 0;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    append_pieces(pieces, done, layers[layer].begin, layers.size());
    append_pieces(pieces, layers[layer].begin, layers[layer].end, layer);
    done = layers[layer].end;
  }
  append_pieces(pieces, done, size, layers.size());
  return pieces;
}

template <typename Body>
void for_pieces(const std::vector<Piece>& pieces, const Body& body) {
  at::parallel_for(0, static_cast<std::int64_t>(pieces.size()), 1,
                   [&](std::int64_t first, std::int64_t last) {
                     for (std::int64_t i = first; i < last; ++i) {
                       body(static_cast<std::size_t>(i), pieces[static_cast<std::size_t>(i)]);
                     }
                   });
}

/// What each layer's direction is multiplied with; behind them 1 for what is of no layer.
std::vector<double> trust_of(const std::vector<Piece>& pieces, std::size_t layers,
                             const MomentumRange& all, const MomentumFactors& factors,
                             double coefficient) {
  const FlatKernels kernels = flat_kernels();
  std::vector<LayerSquares> parts(pieces.size()), sums(layers);
  for_pieces(pieces, [&](std::size_t i, const Piece& piece) {
    if (piece.layer == layers) return;
    parts[i] = kernels.squares(factors, part(all, piece.range.begin, piece.range.end));
  });
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].layer == layers) continue;
    sums[pieces[i].layer].values += parts[i].values;
    sums[pieces[i].layer].direction += parts[i].direction;
  }
  std::vector<double> trust;
  for (const auto& [values, direction] : sums) {
    const bool both = values > 0 && direction > 0;
    trust.push_back(both ? coefficient * std::sqrt(values) / std::sqrt(direction) : 1.0);
  }
  trust.push_back(1.0);
  return trust;
}

MomentumFactors factors_of(const LarsOptions& options, double trust) {
  return {.gradient_scale = static_cast<float>(options.gradient_scale * trust),
          .decay = static_cast<float>(options.weight_decay * trust),
          .momentum = static_cast<float>(options.momentum),
          .rate = static_cast<float>(options.learning_rate),
          .nesterov = false};
}

}  // namespace

void sgd_update_cpu(const MomentumTensors& tensors, const SgdOptions& options) {
  const FlatKernels kernels = flat_kernels();
  const MomentumFactors factors{.gradient_scale = static_cast<float>(options.gradient_scale),
                                .decay = static_cast<float>(options.weight_decay),
                                .momentum = static_cast<float>(options.momentum),
                                .rate = static_cast<float>(options.learning_rate),
                                .nesterov = options.nesterov};
  const MomentumRange all = range_of(tensors);
  for_chunks(all.count, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    kernels.update(factors, part(all, begin, end));
  });
}

void lars_update_cpu(const MomentumTensors& tensors, std::span<const FlatRange> layers,
                     const LarsOptions& options) {
  const FlatKernels kernels = flat_kernels();
  const MomentumRange all = range_of(tensors);
  const std::vector<Piece> pieces = pieces_of(layers, all.count);
  const std::vector<double> trust =
      trust_of(pieces, layers.size(), all, factors_of(options, 1.0), options.trust_coefficient);
  for_pieces(pieces, [&](std::size_t, const Piece& piece) {
    kernels.update(factors_of(options, trust[piece.layer]),
                   part(all, piece.range.begin, piece.range.end));
  });
}

void move_towards_cpu(const at::Tensor& values, const at::Tensor& towards, double share) {
  const FlatKernels kernels = flat_kernels();
  auto* to = values.mutable_data_ptr<float>();
  const auto* from = towards.const_data_ptr<float>();
  for_chunks(values.numel(), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    kernels.move_towards(to + begin, from + begin, static_cast<float>(share), end - begin);
  });
}

}  // namespace dbot::ops
