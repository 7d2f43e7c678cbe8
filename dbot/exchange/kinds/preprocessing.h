#pragma once

#include <filesystem>

#include "dbot/exchange/kinds/folder_description.h"

namespace dbot::exchange {

/// What preprocessor_config.json of Hugging Face says of pixels, as the mean and deviation of
/// pixels in 0…1 that give the network the same values: do_rescale, rescale_factor, offset,
/// do_normalize, image_mean, image_std. How images are resized and cropped is dbot's own way; what
/// the file wants otherwise goes to `not_followed`. Throws DataError for a step that dbot does not
/// do and that changes pixels (do_flip_channel_order), and for what contradicts itself.
void read_preprocessing(const std::filesystem::path& file, FolderDescription& description);

}  // namespace dbot::exchange
