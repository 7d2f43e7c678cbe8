#include "dbot/exchange/import/head_tensors.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/exchange/import/weight_checks.h"

namespace dbot::exchange {
namespace {

void require_shape(const WeightsSource& source, const runtime::NamedTensors& tensors,
                   const std::string& name, const std::vector<std::int64_t>& shape) {
  const auto found = tensors.find(name);
  if (found != tensors.end() && found->second.sizes() == at::IntArrayRef(shape)) return;
  throw DataError(
      {.operation = "load encoder",
       .subject = source.path().string(),
       .fault = found == tensors.end() ? Fault::missing : Fault::mismatch,
       .reason = fmt::format(": {} is {}, expected [{}] for the classes that the file names", name,
                             found == tensors.end()
                                 ? std::string("missing")
                                 : fmt::format("[{}]", fmt::join(found->second.sizes(), ", ")),
                             fmt::join(shape, ", "))});
}

}  // namespace

void read_head(const WeightsSource& source, const EncoderPlace& place, LoadedEncoder& encoder,
               ImportReport& report) {
  const HeadDescription& head = encoder.description.head.value();
  for (const PlacedTensor& tensor : place.below) {
    if (tensor.plain != "head.weight" && tensor.plain != "head.bias") continue;
    encoder.head[tensor.plain] = source.read({tensor.full}).at(tensor.full).to(at::kFloat);
    std::erase(report.ignored, tensor.full);
    report.mapped.emplace_back(tensor.full, tensor.plain);
  }
  const auto classes = static_cast<std::int64_t>(head.classes.size());
  const std::int64_t width = encoder.description.config.width;
  require_shape(source, encoder.head, "head.weight", {classes, width});
  require_shape(source, encoder.head, "head.bias", {classes});
  if (head.pooling == nn::Pooling::mean) {
    require_shape(source, encoder.head, "fc_norm.weight", {width});
    require_shape(source, encoder.head, "fc_norm.bias", {width});
  }
  require_finite(encoder.head, source, report);
}

}  // namespace dbot::exchange
