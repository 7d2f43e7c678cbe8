#pragma once

#include <string>

#include "dbot/exchange/encoder_import.h"
#include "dbot/exchange/encoder_place.h"
#include "dbot/exchange/weights_source.h"

namespace dbot::exchange {

/// The tensors of one encoder of a source under official names, as they stand in the file; the
/// report gets what was mapped and what was left. Throws DataError for tensors of a network that
/// dbot does not build (a distillation token, registers, …), naming them.
nn::NamedTensors read_encoder_tensors(const WeightsSource& source, const EncoderPlace& place,
                                      ImportReport& report);

}  // namespace dbot::exchange
