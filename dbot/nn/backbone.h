#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/nn/parameters.h"
#include "dbot/runtime/named_tensors.h"

// What all backbones share.
//
// Design goals: evaluation, embedding, checkpoints and the report ask for no more than this, so
// that any network that turns samples into features is evaluated, stored and shown alike.
// Non-goals: training (a method's business) and what only one kind of network has. Who needs a
// vision transformer (ONNX, a teacher) makes one from stored weights and says so where there is
// none.
namespace dbot::nn {

/// The images that a network reads: normalised, [batch, channels, height, width].
struct ImageInput {
  core::Size size;  // pixels
  std::int64_t channels = 3;
  bool operator==(const ImageInput&) const = default;
};

/// The part of a batch that clips of videos are: [batch, channels, frames, height, width].
inline constexpr const char* kClips = "clips";

/// The part of a batch that rows of numbers are, such as bags of words: [batch, row_width].
inline constexpr const char* kRows = "rows";

/// Which frames of a video are a clip.
struct ClipFrames {
  std::int64_t frames = 16;
  double stride = 4;              // frames of a video from one of the clip's to the next …
  double frames_per_second = 30;  // … in a video that has so many; 0: each as it is
  bool operator==(const ClipFrames&) const = default;
};

/// What a backbone reads of a batch.
struct BackboneInput {
  std::string part = "images";  // name of the tensor
  ImageInput images;            // of no meaning for other parts
  /// Where it also reads `kClips`, of frames like `images`.
  std::optional<ClipFrames> clips = {};
  std::int64_t row_width = 0;  // where it reads `kRows` and no images; else 0
};

/// What the last block of a network of patches sees and makes of each patch.
struct PatchView {
  core::Size grid;       // patches in a column and a row; row-major below
  at::Tensor features;   // float32 [batch, patches, width], after the final norm
  at::Tensor attention;  // float32 [batch, heads, patches]: from the class token
};

/// How the tokens of a network of patches lie.
struct TokenLayout {
  core::Size grid;          // patches in a column and a row
  std::int64_t width = 0;   // of a token
  std::int64_t blocks = 0;  // that give tokens
};

/// The tokens behind one block, after the final norm.
struct BlockTokens {
  at::Tensor cls;        // float32 [batch, width]; undefined where "cls" is no kind of features
  at::Tensor patches;    // float32 [batch, patches, width], row-major
  at::Tensor mean = {};  // float32 [batch, width], of the patches
};

class Backbone {
 public:
  virtual ~Backbone() = default;

  virtual const std::shared_ptr<ParameterStore>& parameters() const = 0;
  virtual BackboneInput input() const = 0;
  /// Kinds of features of a sample: "cls" (a class token), "mean" (over all places). At least one;
  /// the first is the one to take where nothing else is asked for.
  virtual std::vector<std::string> feature_names() const = 0;
  /// Frozen features of the samples by kind, float32 [batch, width]. `inputs` holds the part that
  /// `input` names. compute: the type of matrix products.
  virtual runtime::NamedTensors features(const runtime::NamedTensors& inputs,
                                         at::ScalarType compute) const = 0;
  /// What it is, in words: "28x28 pixels in patches of 4, 96 wide, 4 blocks, 3 heads".
  virtual std::string describe() const = 0;

  /// Empty where it has no tokens of patches. Where it has, its own kinds of features are "mean" of
  /// them and perhaps "cls", which stands for all.
  virtual std::optional<TokenLayout> token_layout() const { return std::nullopt; }
  /// Frozen tokens of the samples behind each of `blocks`, which rise and are counted from 1. Only
  /// for networks that have a layout.
  virtual std::vector<BlockTokens> tokens(const runtime::NamedTensors& /*inputs*/,
                                          at::ScalarType /*compute*/,
                                          std::span<const std::int64_t> /*blocks*/) const {
    return {};
  }

  /// How the patches of the samples look to it; empty where it has none, or no class token.
  virtual std::optional<PatchView> view_patches(const runtime::NamedTensors& /*inputs*/,
                                                at::ScalarType /*compute*/) const {
    return std::nullopt;
  }
};

/// The kind of features that stands for the whole sample: "mean" where there is one, else the
/// first.
std::string summary_feature(const Backbone& backbone);

}  // namespace dbot::nn
