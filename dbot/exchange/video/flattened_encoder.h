#pragma once

#include "dbot/exchange/import/encoder_file.h"
#include "dbot/exchange/video/clip_file.h"

namespace dbot::exchange {

/// An encoder of images from one of clips: its kernel is added up over the frames of a tubelet, and
/// its table of positions is that of a step's places, with the mean of the steps' rows. Of a clip
/// of one step in which nothing moves it makes what the encoder of clips makes of it. A head is
/// left out: its labels are those of videos. docs/methods/mae_st.md §9.
LoadedEncoder flattened_encoder(const LoadedClips& clips);

}  // namespace dbot::exchange
