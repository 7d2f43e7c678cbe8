#pragma once

#include <string>

#include "dbot/train/capture/capture.h"

namespace dbot::train {

/// capture.json. Numbers that JSON does not have are the texts "inf", "-inf" and "nan".
std::string record_to_json(const CaptureRecord& record);
/// The inverse. Throws DataError saying what cannot be read.
CaptureRecord parse_record(const std::string& text);

}  // namespace dbot::train
