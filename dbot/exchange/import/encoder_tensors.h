#pragma once

#include <string>
#include <string_view>

#include "dbot/exchange/import/encoder_import.h"
#include "dbot/exchange/import/weights_source.h"
#include "dbot/exchange/names/encoder_place.h"

namespace dbot::exchange {

/// The tensors of one encoder of a source under official names, as they stand in the file; the
/// report gets what was mapped and what was left. `described`: a description tells which tensors
/// the network needs. Without one, every tensor that is neither the encoder's nor known to be of
/// another part is refused (a distillation token, experts, an adapter, …): throws DataError
/// naming it and its kind.
runtime::NamedTensors read_encoder_tensors(const WeightsSource& source, const EncoderPlace& place,
                                           bool described, ImportReport& report);

/// Throws DataError: the tensor `found` shows a network that dbot does not build. Rotary positions,
/// by another tensor or by config.json, are named before it.
[[noreturn]] void refuse_network(const WeightsSource& source, const std::string& found);

}  // namespace dbot::exchange
