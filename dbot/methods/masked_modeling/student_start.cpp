#include "dbot/methods/masked_modeling/student_start.h"

#include <ATen/core/Tensor.h>

#include "dbot/methods/start/start_weights.h"
#include "dbot/methods/state_names.h"
#include "dbot/nn/vit/encoder_parameters.h"

namespace dbot::methods {

void StudentStart::read(const MaskedModelingConfig& config, std::int64_t stage) {
  if (!config.starts_from_file(stage) || !weights_.empty()) return;
  const std::string& path = config.start_path();
  StartWeights start = load_start_weights(path, config.encoder, start_hints(config.encoder));
  for (const nn::ParameterSpec& spec : nn::encoder_parameters(config.encoder)) {
    const auto found = start.parameters.find(spec.name);
    if (found != start.parameters.end()) weights_.insert(start.parameters.extract(found));
  }
  origins_ = start.origins;
  const std::string fitting = fitting_text(start);
  told_ = path + (fitting.empty() ? "" : "; " + fitting);
}

void StudentStart::give(const MaskedModelingConfig& config, std::int64_t stage,
                        nn::ParameterStore& student, const nn::ParameterStore* teacher) {
  if (config.starts_from_file(stage)) {
    student.copy_from(weights_, /*partial=*/true);
  } else if (config.copies_teacher(stage) && teacher != nullptr) {
    student.copy_from(teacher->named(), /*partial=*/true);
  }
  bool needed = false;
  for (std::int64_t later = stage + 1; later < config.stages; ++later) {
    needed = needed || config.starts_from_file(later);
  }
  if (!needed) weights_.clear();
}

runtime::NamedTensors StudentStart::state() const {
  return with_prefix("start.", weights_);
}

void StudentStart::load_state(const runtime::NamedTensors& state) {
  weights_ = without_prefix("start.", state);
}

}  // namespace dbot::methods
