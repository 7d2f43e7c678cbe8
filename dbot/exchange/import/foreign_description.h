#pragma once

#include "dbot/exchange/import/encoder_import.h"
#include "dbot/exchange/import/weights_source.h"
#include "dbot/exchange/names/encoder_place.h"

namespace dbot::exchange {

/// Describes the network of tensors whose file has no description of ours, from their names and
/// shapes and the files beside it, and brings them to the form that the description asks for.
/// Writes `result.encoder.description`, `head` and the report. Throws DataError for a network that
/// dbot does not build.
void describe_foreign(runtime::NamedTensors& tensors, const EncoderHints& hints,
                      const WeightsSource& source, const EncoderPlace& place,
                      ImportedEncoder& result);

}  // namespace dbot::exchange
