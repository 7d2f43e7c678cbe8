#pragma once

#include <string>

#include "dbot/runtime/named_tensors.h"

namespace dbot::exchange {

/// Whether tensors have the names of MAE-ST's published programs: queries, keys and values apart,
/// or a nest "model_state". docs/methods/mae_st.md §9.
bool has_mae_st_names(const runtime::NamedTensors& tensors);

/// The same network by our names (nn/clip/clip_parameters.h): attn.q, attn.k and attn.v become
/// attn.qkv, "model_state." and "module." before names are taken off, and `dec_pos_embed…` of the
/// second program becomes `decoder_pos_embed…`. `source` names the file in messages. Throws
/// DataError naming queries, keys or values that lack one another or differ in shape.
runtime::NamedTensors mae_st_to_ours(const runtime::NamedTensors& tensors,
                                     const std::string& source);

/// The inverse, by the first program's names.
runtime::NamedTensors mae_st_from_ours(const runtime::NamedTensors& tensors);

}  // namespace dbot::exchange
