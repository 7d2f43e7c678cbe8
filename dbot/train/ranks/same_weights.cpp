#include "dbot/train/ranks/same_weights.h"

#include <fmt/format.h>

#include <cstddef>
#include <span>
#include <string>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/runtime/device.h"
#include "dbot/runtime/process_group/texts.h"

namespace dbot::train {
namespace {

std::string checksum_of(const runtime::NamedTensors& tensors) {
  std::string sums;
  for (const auto& [name, tensor] : runtime::on_host(tensors)) {
    const at::Tensor here = tensor.contiguous();
    sums += core::checksum({static_cast<const std::byte*>(here.const_data_ptr()), here.nbytes()});
  }
  return core::checksum(std::as_bytes(std::span(sums)));
}

}  // namespace

void require_same(runtime::Group& group, const runtime::NamedTensors& tensors, std::int64_t step) {
  if (group.ranks() == 1) return;
  const auto sums = runtime::gather_texts(group, checksum_of(tensors));
  for (std::size_t rank = 1; rank < sums.size(); ++rank) {
    if (sums[rank] == sums[0]) continue;
    const int number = static_cast<int>(rank);
    throw Error({.operation = "processes",
                 .subject = fmt::format("rank {} ({})", number, group.host(number)),
                 .fault = Fault::mismatch,
                 .reason = fmt::format("has other weights after step {} than rank 0 ({})", step,
                                       group.host(0)),
                 .way_out = "its processor, its memory or its program computes otherwise; go on "
                            "from the last checkpoint without it"});
  }
}

}  // namespace dbot::train
