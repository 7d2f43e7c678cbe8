#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "dbot/methods/held_out.h"

namespace dbot::methods {

/// Means of figures over samples that come in batches.
class MeanFigures {
 public:
  /// `mean`: a scalar, over `samples` samples; nothing where it is undefined.
  void add(const char* name, const at::Tensor& mean, double samples);
  /// In the order in which they first came; "loss" without a value where nothing came.
  HeldOutFigures figures() const;

 private:
  struct Figure {
    std::string name;
    double sum = 0, samples = 0;
  };
  std::vector<Figure> figures_;
};

}  // namespace dbot::methods
