#include "dbot/runtime/process_group/texts.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>

namespace dbot::runtime {
namespace {

/// A number in front of the text says how long it is: all ranks send as much as the longest has.
constexpr std::int64_t kLengthBytes = sizeof(std::int64_t);

at::Tensor packed(std::string_view text, std::int64_t bytes) {
  at::Tensor tensor = at::zeros({kLengthBytes + bytes}, at::kByte);
  auto* to = tensor.mutable_data_ptr<std::uint8_t>();
  const auto length = static_cast<std::int64_t>(text.size());
  const auto* number = reinterpret_cast<const std::uint8_t*>(&length);
  std::copy(text.begin(), text.end(), std::copy(number, number + kLengthBytes, to));
  return tensor;
}

std::string unpacked(const at::Tensor& tensor) {
  const auto* from = tensor.const_data_ptr<std::uint8_t>();
  std::int64_t length = 0;
  std::copy(from, from + kLengthBytes, reinterpret_cast<std::uint8_t*>(&length));
  return {from + kLengthBytes, from + kLengthBytes + length};
}

}  // namespace

std::vector<std::string> gather_texts(Group& group, std::string_view text) {
  if (group.ranks() == 1) return {std::string(text)};
  const auto length = static_cast<std::int64_t>(text.size());
  const at::Tensor all = group.gather(packed(text, -group.minimum(-length)));
  std::vector<std::string> texts;
  if (group.rank() != 0) return texts;
  for (int rank = 0; rank < group.ranks(); ++rank) texts.push_back(unpacked(all.select(0, rank)));
  return texts;
}

std::string broadcast_text(Group& group, std::string_view text) {
  if (group.ranks() == 1) return std::string(text);
  const auto length = static_cast<std::int64_t>(text.size());
  const at::Tensor message =
      packed(group.rank() == 0 ? text : "", -group.minimum(group.rank() == 0 ? -length : 0));
  group.broadcast(message);
  return unpacked(message);
}

}  // namespace dbot::runtime
