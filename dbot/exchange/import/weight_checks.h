#pragma once

#include "dbot/exchange/import/encoder_import.h"
#include "dbot/exchange/import/weights_source.h"
#include "dbot/runtime/named_tensors.h"

// What is checked of weights when their tensors are there. Errors name the tensor as the file does.
namespace dbot::exchange {

/// The one place where weights that come in are checked: whoever computes with them, writes them or
/// learns from them got them here. Throws DataError.
void require_finite(const runtime::NamedTensors& parameters, const WeightsSource& source,
                    const ImportReport& report);

/// `tensors`: what was taken and has no place in the network that the other tensors describe.
/// Throws DataError.
void require_nothing_left(const runtime::NamedTensors& tensors, const WeightsSource& source,
                          const ImportReport& report);

/// The tensors of a whole file with a value that is not finite, and those whose bytes are damaged.
/// One pass, a tensor at a time.
struct ValueProblems {
  std::vector<std::string> not_finite;
  std::vector<formats::UnreadTensor> damaged;
};
ValueProblems look_at_values(const WeightsSource& source);

}  // namespace dbot::exchange
