#include "dbot/methods/start/start_tensor.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/runtime/finite.h"
#include "dbot/runtime/shape_text.h"

namespace dbot::methods {

void refuse_start(const StartFile& file, const std::string& reason) {
  throw UsageError({.operation = "start",
                    .subject = file.path,
                    .fault = Fault::mismatch,
                    .reason = reason,
                    .way_out = file.way_out});
}

at::Tensor start_tensor(const StartFile& file, const nn::ParameterSpec& spec,
                        const runtime::NamedTensors& tensors) {
  const auto found = tensors.find(spec.name);
  if (found == tensors.end()) refuse_start(file, fmt::format(": it lacks {}", spec.name));
  const at::Tensor& tensor = found->second;
  if (tensor.sizes() != at::IntArrayRef(spec.shape)) {
    refuse_start(file,
                 fmt::format(": {} is {}, but the recipe's network has {}", spec.name,
                             runtime::shape_text(tensor.sizes()), runtime::shape_text(spec.shape)));
  }
  if (runtime::all_finite(tensor)) return tensor.to(at::kFloat);
  throw DataError({.operation = "start",
                   .subject = file.path,
                   .fault = Fault::corrupt,
                   .reason = fmt::format(": {} has values that are not finite", spec.name)});
}

}  // namespace dbot::methods
