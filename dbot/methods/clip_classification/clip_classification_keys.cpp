// The recipe keys of classified clips: their bounds, units and meanings.
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/clip_classification/clip_classification_entry.h"

namespace dbot::methods {

using core::at_least;

void bind(core::Settings& settings, ClipClassificationConfig& config) {
  settings.place_behind("");
  bind_clip_network(settings, config.network);
  bind_clip_start(settings, config.start, config.start_path);
  settings.add("head.deviation", config.head.deviation, at_least(0, 1), "",
               "Deviation of the normal draws that the head's matrix starts with.");
  settings.add("head.truncated", config.head.truncated,
               "Draws of the head beyond one deviation are drawn again.");
  settings.add("head.dropout", config.dropout, core::below(0, 1), "fraction",
               "Share of the features that the head does not see in a step.");
  bind_clip_frames(settings, config.network, config.repeats);
  settings.add("views.time", config.time_views, at_least(1, 100), "",
               "Clips along a test video, from its first frame to its last, whose probabilities "
               "are added; 1: the one in the middle.");
  settings.add("views.side", config.side_views, at_least(1, 3), "",
               "Parts of each of them along the longer side of a frame: 1, the middle, or 3.");
  bind_label_learning(settings, config);
}

}  // namespace dbot::methods
