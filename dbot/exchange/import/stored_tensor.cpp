#include "dbot/exchange/import/stored_tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>

#include "dbot/core/error.h"
#include "dbot/runtime/finite.h"

namespace dbot::exchange {

void check_stored_tensor(const std::filesystem::path& file, const nn::ParameterSpec& spec,
                         const runtime::NamedTensors& tensors) {
  const auto refuse = [&](Fault fault, const std::string& reason) {
    throw DataError({.operation = "load encoder",
                     .subject = file.string(),
                     .fault = fault,
                     .reason = fmt::format(": {} {}", spec.name, reason)});
  };
  const auto found = tensors.find(spec.name);
  if (found == tensors.end()) refuse(Fault::missing, "is missing");
  const at::Tensor& tensor = found->second;
  if (!tensor.is_floating_point() || tensor.sizes() != at::IntArrayRef(spec.shape)) {
    refuse(
        Fault::mismatch,
        fmt::format("is {} [{}], expected floating point [{}]", c10::toString(tensor.scalar_type()),
                    fmt::join(tensor.sizes(), ", "), fmt::join(spec.shape, ", ")));
  }
  if (!runtime::all_finite(tensor)) refuse(Fault::corrupt, "has values that are not finite");
}

}  // namespace dbot::exchange
