#pragma once

#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/exchange/encoder_description.h"
#include "dbot/exchange/video/clip_description.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_catalog.h"

namespace dbot::run {

/// A recipe for a network that already exists: what neither the text nor the assignments say of
/// [model] and of the pixels' normalisation is as `encoder` has it, so that its weights fit. One
/// table of relative positions for all blocks becomes one in each, which fine-tuning trains. Throws
/// UsageError as `read_recipe` and `methods::trainable_network`; whether the values fit each other
/// is `check`'s question.
Recipe recipe_for_weights(const RecipeText& text, const exchange::EncoderDescription& encoder,
                          const std::vector<std::string>& assignments);

/// The same for a network of clips, with its [clips].
Recipe recipe_for_weights(const RecipeText& text, const exchange::ClipDescription& clips,
                          const std::vector<std::string>& assignments);

/// A recipe as `read_recipe` gives it, and where its encoder starts from weights
/// (methods::Outline::start_path), of their shape: what assignments do not say of [model] is as the
/// file has it, but for image size and channels, which belong to the images, and a patch size that
/// the text gives. A text that names the file itself keeps all that it says. Pixels that have no
/// normalisation in the recipe get the file's, or what is usual where it says none. `begun`: the
/// stored recipe of a run that goes on, which has all this, so that no file is read; empty: a new
/// run. Throws as `read_recipe`, and as reading the file does.
Recipe recipe_with_start(const RecipeText& text, const std::vector<std::string>& assignments,
                         const std::string& begun, const core::Log& log);

}  // namespace dbot::run
