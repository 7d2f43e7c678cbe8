#include "dbot/eval/kinds/feature_kinds.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "dbot/core/error.h"

namespace dbot::eval {
namespace {

[[noreturn]] void refuse(const std::string& subject, const std::string& reason) {
  throw UsageError(
      {.operation = "features", .subject = subject, .fault = Fault::mismatch, .reason = reason});
}

void check_grid(const std::string& kind, const nn::TokenLayout& layout) {
  const std::int64_t most = std::min(layout.grid.height, layout.grid.width);
  if (grid_cells(kind) <= most) return;
  refuse(kind, fmt::format("is finer than the network's {}x{} patches, expected at most grid:{}",
                           layout.grid.height, layout.grid.width, most));
}

void check_blocks(const std::vector<std::int64_t>& blocks,
                  const std::optional<nn::TokenLayout>& layout) {
  if (blocks.empty()) return;
  if (!layout) refuse("the network", "has no blocks to choose from");
  if (blocks.back() <= layout->blocks) return;
  refuse(fmt::format("block {}", blocks.back()),
         fmt::format("is not there: the network has {} blocks", layout->blocks));
}

}  // namespace

at::Tensor grid_features(const at::Tensor& patches, core::Size grid, std::int64_t cells) {
  const std::int64_t batch = patches.size(0), width = patches.size(2);
  const at::Tensor planes =
      patches.reshape({batch, grid.height, grid.width, width}).permute({0, 3, 1, 2});
  const at::Tensor pooled = at::adaptive_avg_pool2d(planes, {cells, cells});
  return pooled.permute({0, 2, 3, 1}).reshape({batch, cells * cells, width});
}

ChosenFeatures::ChosenFeatures(const nn::Backbone& backbone, const FeatureChoice& choice)
    : backbone_(&backbone), layout_(backbone.token_layout()) {
  const std::vector<std::string> own = backbone.feature_names();
  const auto add = [this](const std::string& kind) {
    if (std::ranges::count(kinds_, kind) == 0) kinds_.push_back(kind);
  };
  for (const std::string& kind : choice.kinds) {
    if (kind == "both") {
      std::ranges::for_each(own, add);
    } else if (std::ranges::count(own, kind) > 0 || (is_of_tokens(kind) && layout_)) {
      add(kind);
    }
  }
  if (kinds_.empty()) kinds_.push_back(nn::summary_feature(backbone));
  check_blocks(choice.blocks, layout_);
  for (const std::string& kind : kinds_) {
    if (is_of_tokens(kind)) check_grid(kind, *layout_);
  }
  const bool by_tokens = !choice.blocks.empty() || std::ranges::any_of(kinds_, is_of_tokens);
  if (by_tokens) {
    blocks_ = choice.blocks.empty() ? std::vector<std::int64_t>{layout_->blocks} : choice.blocks;
  }
  const std::string suffix =
      choice.blocks.empty() ? "" : fmt::format("@{}", fmt::join(choice.blocks, ","));
  for (const std::string& kind : kinds_) names_.push_back(kind + suffix);
}

const std::string& ChosenFeatures::name_of(const std::string& kind) const {
  const auto found = std::ranges::find(kinds_, kind);
  if (found == kinds_.end()) {
    refuse(kind + " features",
           fmt::format("are not there: the network has {}", fmt::join(names_, ", ")));
  }
  return names_[static_cast<std::size_t>(found - kinds_.begin())];
}

std::int64_t ChosenFeatures::width(std::size_t kind) const {
  if (!layout_) return 0;
  const std::string& name = kinds_.at(kind);
  const std::int64_t cells = grid_cells(name);
  const std::int64_t places = name == "tokens" ? layout_->grid.height * layout_->grid.width
                              : cells > 0      ? cells * cells
                                               : 1;
  const auto blocks = std::max<std::int64_t>(1, static_cast<std::int64_t>(blocks_.size()));
  return places * layout_->width * blocks;
}

at::Tensor ChosenFeatures::of_block(const std::string& kind, const nn::BlockTokens& tokens) const {
  if (kind == "cls") return tokens.cls;
  if (kind == "mean") return tokens.mean.defined() ? tokens.mean : tokens.patches.mean(1);
  if (kind == "tokens") return tokens.patches;
  return grid_features(tokens.patches, layout_->grid, grid_cells(kind));
}

runtime::NamedTensors ChosenFeatures::of(const runtime::NamedTensors& inputs,
                                         at::ScalarType compute) const {
  runtime::NamedTensors found;
  if (blocks_.empty()) {
    const runtime::NamedTensors all = backbone_->features(inputs, compute);
    for (std::size_t i = 0; i < kinds_.size(); ++i) found[names_[i]] = all.at(kinds_[i]);
    return found;
  }
  const std::vector<nn::BlockTokens> tokens = backbone_->tokens(inputs, compute, blocks_);
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    std::vector<at::Tensor> blocks;
    for (const nn::BlockTokens& block : tokens) blocks.push_back(of_block(kinds_[i], block));
    const at::Tensor joined = blocks.size() == 1 ? blocks.front() : at::cat(blocks, -1);
    found[names_[i]] = grid_cells(kinds_[i]) > 0 ? joined.flatten(1) : joined;
  }
  return found;
}

}  // namespace dbot::eval
