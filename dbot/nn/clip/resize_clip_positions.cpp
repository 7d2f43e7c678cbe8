#include "dbot/nn/clip/resize_clip_positions.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/upsample_linear1d.h>

#include <string>

#include "dbot/core/error.h"
#include "dbot/nn/position_table.h"

namespace dbot::nn {
namespace {

/// [steps, places, width] onto another grid of places.
at::Tensor resized_places(const at::Tensor& table, const ClipConfig& from, const ClipConfig& to) {
  std::vector<at::Tensor> steps;
  for (const at::Tensor& step : table.split(1)) {
    steps.push_back(
        resize_position_table(step, from.encoder.grid(), to.encoder.grid(), {.prefix_rows = 0}));
  }
  return at::cat(steps);
}

/// [steps, …, width] → as many steps as are wanted, linear between the middles of the old ones.
at::Tensor resized_steps(const at::Tensor& table, std::int64_t steps) {
  if (table.size(0) == steps) return table;
  const std::int64_t values = table.numel() / table.size(0);
  const at::Tensor lines = table.reshape({table.size(0), values}).t().contiguous().unsqueeze(0);
  std::vector<std::int64_t> shape = table.sizes().vec();
  shape[0] = steps;
  return at::upsample_linear1d(lines, {steps}, /*align_corners=*/false)
      .squeeze(0)
      .t()
      .reshape(shape)
      .contiguous();
}

void check_rows(const std::string& name, const at::Tensor& table, std::int64_t rows) {
  if (table.dim() == 3 && table.size(0) == 1 && table.size(1) == rows) return;
  throw Error("[position table] " + name + " has " +
              std::to_string(table.dim() == 3 ? table.size(1) : table.numel()) +
              " rows, expected " + std::to_string(rows));
}

}  // namespace

void resize_clip_positions(runtime::NamedTensors& tensors, const ClipConfig& from,
                           const ClipConfig& to) {
  const auto resize = [&](const std::string& name, std::int64_t rows, const auto& resized) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) return;
    check_rows(name, found->second, rows);
    found->second = resized(found->second);
  };
  for (const std::string part : {"", "decoder_"}) {
    resize(part + "pos_embed_spatial", from.places(),
           [&](const at::Tensor& table) { return resized_places(table, from, to); });
    resize(part + "pos_embed_temporal", from.steps(), [&](const at::Tensor& table) {
      return resized_steps(table.squeeze(0), to.steps()).unsqueeze(0);
    });
    resize(part + "pos_embed", from.prefix() + from.tokens(), [&](const at::Tensor& table) {
      const at::Tensor tokens =
          table.slice(1, from.prefix()).view({from.steps(), from.places(), table.size(2)});
      const at::Tensor all =
          resized_steps(resized_places(tokens, from, to), to.steps()).flatten(0, 1).unsqueeze(0);
      return at::cat({table.slice(1, 0, from.prefix()), all}, 1);
    });
  }
}

}  // namespace dbot::nn
