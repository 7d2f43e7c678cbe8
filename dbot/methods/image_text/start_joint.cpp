#include "dbot/methods/image_text/start_joint.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/exchange/import/weights_origin.h"
#include "dbot/exchange/joint/flax_names.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/methods/state_names.h"
#include "dbot/nn/joint/joint_parameters.h"
#include "dbot/runtime/finite.h"
#include "dbot/runtime/shape_text.h"

namespace dbot::methods {
namespace {

constexpr const char* kStudent = "student.";  // of a checkpoint's file

[[noreturn]] void refuse_start(const std::string& path, const std::string& reason) {
  throw UsageError({.operation = "start",
                    .subject = path,
                    .fault = Fault::mismatch,
                    .reason = reason,
                    .way_out = "let [model], [decoder] and [text] describe the file's network"});
}

void check_tensor(const std::string& path, const nn::ParameterSpec& spec,
                  const runtime::NamedTensors& tensors) {
  const auto found = tensors.find(spec.name);
  if (found == tensors.end()) refuse_start(path, fmt::format(": it lacks {}", spec.name));
  const at::Tensor& tensor = found->second;
  if (tensor.sizes() != spec.shape) {
    refuse_start(path,
                 fmt::format(": {} is {}, but the recipe's network has {}", spec.name,
                             runtime::shape_text(tensor.sizes()), runtime::shape_text(spec.shape)));
  }
  if (runtime::all_finite(tensor)) return;
  throw DataError({.operation = "start",
                   .subject = path,
                   .fault = Fault::corrupt,
                   .reason = fmt::format(": {} has values that are not finite", spec.name)});
}

}  // namespace

StartJoint load_start_joint(const std::string& path, const nn::JointConfig& network) {
  runtime::NamedTensors tensors = exchange::read_tensor_file(path).tensors;
  if (exchange::has_flax_names(tensors)) tensors = exchange::joint_from_flax(tensors, path);
  if (!tensors.contains("cls_token")) tensors = without_prefix(kStudent, tensors);
  StartJoint start;
  for (const nn::ParameterSpec& spec : nn::joint_parameters(network)) {
    if (!spec.trainable()) continue;
    check_tensor(path, spec, tensors);
    start.tensors[spec.name] = tensors.at(spec.name).to(at::kFloat);
  }
  start.origins = exchange::read_origins(path);
  return start;
}

}  // namespace dbot::methods
