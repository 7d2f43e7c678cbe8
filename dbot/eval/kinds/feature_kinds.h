#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbot/eval/kinds/feature_names.h"
#include "dbot/nn/backbone.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::eval {

/// What is asked for, of any network.
struct FeatureChoice {
  /// Kinds, in the order they are shown; "both" stands for all that a network has of its own.
  std::vector<std::string> kinds{"both"};
  /// Blocks whose features are joined, counted from 1, rising; empty: the last.
  std::vector<std::int64_t> blocks = {};
};

/// Patch tokens [batch, patches, width] averaged to cells, [batch, cells · cells, width],
/// row-major. Cells may differ in size and overlap where the grid cannot be divided: cell i takes
/// the rows from ⌊i·h/cells⌋ to ⌈(i+1)·h/cells⌉, as PyTorch's adaptive average pooling does.
at::Tensor grid_features(const at::Tensor& patches, core::Size grid, std::int64_t cells);

/// What of a choice one network has.
class ChosenFeatures {
 public:
  /// Kinds that the network lacks are left out; if none is left, the one that stands for the whole
  /// sample is taken. Throws UsageError for a grid finer than the network's patches, and for blocks
  /// that it does not have.
  ChosenFeatures(const nn::Backbone& backbone, const FeatureChoice& choice);

  /// As they are shown, each once: "mean", "grid:3", "mean@3,6" of blocks 3 and 6 joined.
  const std::vector<std::string>& names() const { return names_; }
  /// What a kind that was asked for is called among them: "mean@3,6" of "mean". Throws UsageError
  /// where the network does not have it.
  const std::string& name_of(const std::string& kind) const;
  /// Numbers of one sample in the kind of this place; 0 where only a pass could say.
  std::int64_t width(std::size_t kind) const;
  /// Float32 [batch, width] by name; "tokens" are [batch, patches, width].
  runtime::NamedTensors of(const runtime::NamedTensors& inputs, at::ScalarType compute) const;

 private:
  at::Tensor of_block(const std::string& kind, const nn::BlockTokens& tokens) const;

  const nn::Backbone* backbone_;
  std::optional<nn::TokenLayout> layout_;
  std::vector<std::int64_t> blocks_;  // of the tokens; empty: the backbone's own features suffice
  std::vector<std::string> kinds_, names_;
};

}  // namespace dbot::eval
