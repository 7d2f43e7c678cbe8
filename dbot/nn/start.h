#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "dbot/core/settings/settings.h"

// How parameters start, as values: what a network's list of parameters says of each of them.
namespace dbot::nn {
namespace starts {

struct Constant {
  double value = 0;
};
/// U(−bound, bound).
struct Uniform {
  double bound = 1;
};
struct Normal {
  double deviation = 1;
};
/// Normal, draws beyond one deviation drawn again, then times `scale`: the symmetric student,
/// docs/methods/dbot.md §8.
struct TruncatedNormal {
  double deviation = 1, scale = 1;
};
/// ±magnitude, both signs equally likely.
struct Signed {
  double magnitude = 1;
};
/// The 2-D sin-cos table of `grid` (nn/position_table.h); it is not trained unless the role says
/// so.
struct PositionTable {
  core::Size grid;
  bool rows_first = false;  // the first half of the width encodes the row
};

}  // namespace starts

using Start = std::variant<starts::Constant, starts::Uniform, starts::Normal,
                           starts::TruncatedNormal, starts::Signed, starts::PositionTable>;

/// How many inputs an output has and the other way round, places of a kernel included.
struct Fans {
  double in = 1, out = 1;
};
/// Of a weight [outputs, inputs, kernel…] of two or more dimensions, as PyTorch counts.
Fans fans_of(const std::vector<std::int64_t>& shape);

/// U(±sqrt(6/(in + out))). Glorot & Bengio, AISTATS 2010. MAE takes it over [rows, everything else]
/// of linear and patch-embedding weights, docs/methods/mae.md §1.
Start glorot_uniform(const Fans& fans);
/// Normal of deviation sqrt(2/fan), for layers with ReLU; fan: of inputs or of outputs. He et al.,
/// arXiv 1502.01852.
Start kaiming_normal(double fan);
/// The same deviation, uniform: U(±sqrt(6/fan)).
Start kaiming_uniform(double fan);
/// U(±1/sqrt(fan_in)): PyTorch's own start of weights and biases of linear layers and convolutions.
Start fan_in_uniform(double fan_in);
/// ±sqrt(2/fan_in): the signed constants of supermasks. Ramanujan et al., arXiv 1911.13299.
Start signed_constant(double fan_in);

}  // namespace dbot::nn
