#pragma once

#include "dbot/exchange/import/encoder_import.h"
#include "dbot/exchange/import/weights_source.h"
#include "dbot/exchange/names/encoder_place.h"

namespace dbot::exchange {

/// Reads head.weight and head.bias of a classifier whose description names its classes into
/// `encoder.head`, which has `fc_norm.*` by then. Throws DataError where one of them is missing, or
/// has another shape or values that are not finite.
void read_head(const WeightsSource& source, const EncoderPlace& place, LoadedEncoder& encoder,
               ImportReport& report);

}  // namespace dbot::exchange
