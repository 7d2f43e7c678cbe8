// What masked modelling needs to go on (its student, and in stages that predict features its
// teacher), and where its weights come from.
#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/import/weights_origin.h"
#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "dbot/methods/state_names.h"

namespace dbot::methods {

/// Students carry on where their own start and their teacher come from.
std::vector<exchange::WeightsOrigin> MaskedModeling::origins() const {
  std::vector<exchange::WeightsOrigin> all = start_.origins();
  exchange::add_origins(all, teacher_network_.origins);
  return all;
}

runtime::NamedTensors MaskedModeling::state() const {
  runtime::NamedTensors state = with_prefix("student.", student_->parameters()->named());
  if (teacher_) {
    state.merge(with_prefix("teacher.", teacher_->parameters().named()));
    state["teacher.description"] = description_tensor({.config = teacher_network_.config,
                                                       .mean = teacher_network_.mean,
                                                       .std = teacher_network_.std,
                                                       .origins = teacher_network_.origins});
  }
  state.merge(start_.state());
  if (!start_.origins().empty()) {
    state["student.description"] = description_tensor({.config = student_->encoder().config(),
                                                       .mean = config_.mean,
                                                       .std = config_.std,
                                                       .origins = start_.origins()});
  }
  return state;
}

void MaskedModeling::load_state(std::int64_t stage, const runtime::NamedTensors& state) {
  enter_stage(stage);
  if (!predicts_features()) {
    teacher_.reset();
    teacher_network_ = {};
  } else {
    const runtime::NamedTensors tensors = without_prefix("teacher.", state);
    const auto description = tensors.find("description");
    if (description == tensors.end()) {
      throw DataError({.operation = "masked_modeling",
                       .fault = Fault::missing,
                       .reason = "the stored state has no teacher",
                       .way_out = "was it another method's?"});
    }
    const exchange::EncoderDescription teacher = description_of(description->second);
    auto parameters = teacher_store(teacher.config);
    parameters->copy_from(tensors);
    set_teacher({.config = teacher.config,
                 .parameters = std::move(parameters),
                 .mean = teacher.mean,
                 .std = teacher.std,
                 .origins = teacher.origins});
  }
  renew_student(stage);
  student_->parameters()->copy_from(without_prefix("student.", state));
  start_.load_state(state);
  if (const auto described = state.find("student.description"); described != state.end()) {
    start_.set_origins(description_of(described->second).origins);
  }
}

}  // namespace dbot::methods
