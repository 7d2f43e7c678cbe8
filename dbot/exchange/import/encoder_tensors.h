#pragma once

#include <string>

#include "dbot/exchange/import/encoder_import.h"
#include "dbot/exchange/import/weights_source.h"
#include "dbot/exchange/names/encoder_place.h"

namespace dbot::exchange {

/// The tensors of one encoder of a source under official names, as they stand in the file; the
/// report gets what was mapped and what was left. Throws DataError for tensors of a network that
/// dbot does not build (a distillation token, registers, …), naming them.
runtime::NamedTensors read_encoder_tensors(const WeightsSource& source, const EncoderPlace& place,
                                           ImportReport& report);

}  // namespace dbot::exchange
