#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/methods/masked_clips/clip_keys.h"
#include "dbot/nn/parameters.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// The first weights of an MAE-ST.
struct StartClips {
  runtime::NamedTensors tensors;
  std::vector<exchange::WeightsOrigin> origins;
  std::string told;  // the file, and what was made of it
};

/// Reads the parameters `wanted` of an MAE-ST from a run, a checkpoint, or a weights file of ours
/// or with the published names, for a network of this shape. Separate tables of places and steps
/// are put onto its grid. Throws UsageError naming the tensor that the file lacks or has in another
/// shape, DataError for a file that is broken or of another kind.
StartClips load_start_clips(const std::string& path, const nn::ClipConfig& network,
                            const std::vector<nn::ParameterSpec>& wanted);

/// The encoder's tensors from one of images (exchange/video/inflated_encoder.h), whose positions
/// are put onto the grid of a frame; everything else is to be drawn. Throws as
/// `load_start_weights`.
StartClips load_start_image(const std::string& path, const nn::ClipConfig& network);

/// The first weights of a network of clips on their way into it: they are read when its method is
/// made, since whether they fit shows only then, and kept until the network is there.
class FirstClips {
 public:
  /// Reads the file that `start` names, if any and if it has not been read, and adds where its
  /// weights come from to `origins`. Throws as the functions above.
  void read(ClipStart start, const std::string& path, const nn::ClipConfig& network,
            const std::vector<nn::ParameterSpec>& wanted,
            std::vector<exchange::WeightsOrigin>& origins);
  /// Copies them over what was drawn, and lets go of them.
  void move_to(nn::ParameterStore& parameters);
  /// The file, and what was made of it; of a run that goes on, which has not read it again, `path`.
  const std::string& told(const std::string& path) const { return told_.empty() ? path : told_; }

 private:
  std::optional<runtime::NamedTensors> tensors_;
  std::string told_;
};

}  // namespace dbot::methods
