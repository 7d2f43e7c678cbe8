#pragma once

#include "dbot/core/error.h"
#include "dbot/runtime/cuda.h"

namespace dbot::runtime::cuda {

/// An obstacle that a step of load_cuda() met. load_cuda() keeps it and throws nothing.
class Refused : public Error {
 public:
  Refused(Obstacle obstacle, ErrorFields fields) : Error(std::move(fields)), obstacle_(obstacle) {}

  Obstacle obstacle() const { return obstacle_; }

 private:
  Obstacle obstacle_;
};

}  // namespace dbot::runtime::cuda
