#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "dbot/nn/clip/config.h"
#include "dbot/nn/parameters.h"

namespace dbot::nn {

/// The positions of all tokens of a clip, the class token's first where there is one.
/// docs/methods/mae_st.md §3.
class ClipPositionTable {
 public:
  /// part: "" or "decoder_", before the names of the tables; width: of a token.
  ClipPositionTable(const ClipConfig& config, std::string part, std::int64_t width,
                    const ParameterStore& parameters);

  /// float32 [1, prefix + tokens, width], as the parameters are now and part of their graph.
  at::Tensor rows(const ParameterStore& parameters) const;

 private:
  ClipPositions kind_;
  bool with_class_;
  std::string part_;
  at::Tensor computed_;  // of sincos
};

/// The computed table: the sum of the 2-D sin-cos table of a step's places and the 1-D one of the
/// steps, both of the whole width; zeros for the class token. float64 [prefix + tokens, width].
at::Tensor sincos_clip_table(const ClipConfig& config, std::int64_t width);

}  // namespace dbot::nn
