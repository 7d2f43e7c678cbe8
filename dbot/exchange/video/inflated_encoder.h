#pragma once

#include "dbot/nn/clip/config.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::exchange {

/// First weights of an encoder of clips from one of images: of clips in which nothing moves its
/// embedding makes what that of the images makes of a frame. The kernel is repeated over the frames
/// of a tubelet and divided by their number, the table of places is the image's, that of the steps
/// 0; one learned table repeats the image's in each step. image: a vision transformer's tensors by
/// official names, of the same sizes, with a class token; what clips have no place for is left out.
/// docs/methods/mae_st.md §9.
runtime::NamedTensors inflated_encoder(const runtime::NamedTensors& image,
                                       const nn::ClipConfig& config);

}  // namespace dbot::exchange
