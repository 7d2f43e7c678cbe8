#include "dbot/train/ranks/share_checkpoint.h"

#include <ATen/ops/empty.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "dbot/runtime/process_group/texts.h"
#include "dbot/train/checkpoint/checkpoint_state.h"

namespace dbot::train {
namespace {

using nlohmann::json;

/// All but the values; null for no checkpoint.
json describe(const std::optional<Checkpoint>& checkpoint) {
  if (!checkpoint) return nullptr;
  json tensors = json::array();
  for (const auto& [name, tensor] : checkpoint->tensors) {
    tensors.push_back({name, static_cast<int>(tensor.scalar_type()), tensor.sizes().vec()});
  }
  return {{"state", state_to_json(*checkpoint)}, {"tensors", tensors}};
}

std::string to_bytes(const json& document) {
  std::string bytes;
  json::to_msgpack(document, bytes);
  return bytes;
}

/// With tensors whose values are still to come.
Checkpoint described(const json& document) {
  Checkpoint checkpoint = state_of_json(document.at("state").get<std::string>(), "rank 0");
  for (const json& tensor : document.at("tensors")) {
    checkpoint.tensors[tensor.at(0).get<std::string>()] =
        at::empty(tensor.at(2).get<std::vector<std::int64_t>>(),
                  static_cast<at::ScalarType>(tensor.at(1).get<int>()));
  }
  return checkpoint;
}

}  // namespace

std::optional<Checkpoint> share_checkpoint(Ranks& ranks, std::optional<Checkpoint> of_first) {
  if (ranks.alone()) return of_first;
  runtime::Group& group = ranks.group();
  const std::string own = ranks.first() ? to_bytes(describe(of_first)) : "";
  const json document = json::from_msgpack(runtime::broadcast_text(group, own));
  if (document.is_null()) return std::nullopt;
  Checkpoint checkpoint = ranks.first() ? *std::move(of_first) : described(document);
  for (auto& [name, tensor] : checkpoint.tensors) {
    tensor = tensor.contiguous();
    group.broadcast(tensor.view(-1));
  }
  return checkpoint;
}

}  // namespace dbot::train
