// The recipe keys of classification: their bounds, units and meanings.
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/classification/classification_entry.h"
#include "dbot/methods/encoder_keys.h"

namespace dbot::methods {

using core::at_least;

void bind(core::Settings& settings, ClassificationConfig& config) {
  settings.place_behind("");
  bind_encoder(settings, config.encoder);
  bind_gelu(settings, config.encoder);
  settings.add_choice("start.init", config.start, {"random", "file"},
                      "The encoder's first weights: drawn at random, or from a file.");
  settings.add("start.path", config.start_path,
               "A run, checkpoint or weights file to start from, with init = \"file\" alone.");
  settings.add_choice(
      "head.pooling", config.pooling, {"mean", "cls"},
      "What the head sees: the mean of the patch tokens, then a norm of its own, or "
      "the cls token after the final norm.");
  settings.add("head.deviation", config.head.deviation, at_least(0, 1), "",
               "Deviation of the normal draws that the head's matrix starts with.");
  settings.add("head.truncated", config.head.truncated,
               "Draws of the head beyond one deviation are drawn again.");
  bind_label_learning(settings, config);
}

}  // namespace dbot::methods
