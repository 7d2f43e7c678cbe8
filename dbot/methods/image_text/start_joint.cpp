#include "dbot/methods/image_text/start_joint.h"

#include "dbot/exchange/import/weights_origin.h"
#include "dbot/exchange/joint/flax_names.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/methods/start/start_tensor.h"
#include "dbot/methods/state_names.h"
#include "dbot/nn/joint/joint_parameters.h"

namespace dbot::methods {
namespace {

constexpr const char* kStudent = "student.";  // of a checkpoint's file

}  // namespace

StartJoint load_start_joint(const std::string& path, const nn::JointConfig& network) {
  runtime::NamedTensors tensors = exchange::read_tensor_file(path).tensors;
  if (exchange::has_flax_names(tensors)) tensors = exchange::joint_from_flax(tensors, path);
  if (!tensors.contains("cls_token")) tensors = without_prefix(kStudent, tensors);
  const StartFile file{path, "let [model], [decoder] and [text] describe the file's network"};
  StartJoint start;
  for (const nn::ParameterSpec& spec : nn::joint_parameters(network)) {
    if (!spec.trainable()) continue;
    start.tensors[spec.name] = start_tensor(file, spec, tensors);
  }
  start.origins = exchange::read_origins(path);
  return start;
}

}  // namespace dbot::methods
