#pragma once

#include "dbot/nn/clip/config.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::nn {

/// Puts every table of positions among the tensors of a network of clips, the encoder's and the
/// decoder's, onto another grid: places bicubic (nn/position_table.h), steps of time linear between
/// their middles; one learned table place by place, then step by step. The row of the class token
/// stays. `to` differs from `from` in frames, tubelet, image or patch size alone. Throws Error for
/// a table that is not of `from`'s grid. docs/methods/mae_st.md §9.
void resize_clip_positions(runtime::NamedTensors& tensors, const ClipConfig& from,
                           const ClipConfig& to);

}  // namespace dbot::nn
