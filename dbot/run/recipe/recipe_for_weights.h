#pragma once

#include <string>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_catalog.h"

namespace dbot::run {

/// A recipe for a network that already exists: what neither the text nor the assignments say of
/// [model] and of the pixels' normalisation is as `encoder` has it, so that its weights fit. One
/// table of relative positions for all blocks becomes one in each, which fine-tuning trains. Throws
/// UsageError as `read_recipe`; whether the values fit each other is `check`'s question.
Recipe recipe_for_weights(const RecipeText& text, const exchange::EncoderDescription& encoder,
                          const std::vector<std::string>& assignments);

}  // namespace dbot::run
