#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dbot/data/batch.h"
#include "dbot/methods/draws.h"
#include "dbot/runtime/precision.h"

namespace dbot::methods {

/// What a method reached on held-out samples: names and values. The first one decides which of two
/// states is the better one.
struct HeldOutFigures {
  std::vector<std::pair<std::string, double>> values;
  bool higher_is_better = false;  // of the first
};

/// Gathers figures of held-out samples batch by batch, so that those that are no means (F1 of a
/// class, say) are possible too. It computes with its method as it is and changes nothing of it.
class HeldOutMeasure {
 public:
  virtual ~HeldOutMeasure() = default;
  /// `batch` lies on the device of the method's parameters. `context` is the same at every
  /// validation of a run, so that figures of different steps can be compared.
  virtual void add(const data::Batch& batch, const DrawContext& context,
                   runtime::Precision precision) = 0;
  /// Of all that was added.
  virtual HeldOutFigures figures() const = 0;
};

}  // namespace dbot::methods
