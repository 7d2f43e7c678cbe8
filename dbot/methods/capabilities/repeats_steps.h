#pragma once

namespace dbot::methods {

/// Base of a method whose `training_step` and `after_step` tell a device the same in every step of
/// a stage, but for the values of batch and draws, the host reading and giving nothing in between:
/// then a step is recorded once and repeated (train.graph).
class RepeatsSteps {
 public:
  virtual ~RepeatsSteps() = default;
};

}  // namespace dbot::methods
