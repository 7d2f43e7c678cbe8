#pragma once

#include <string>
#include <string_view>

#include "dbot/core/error.h"

namespace dbot::data {

/// "[data] SUBJECT: REASON", of a sample, a file or a folder.
DataError data_error(std::string_view subject, Fault fault, std::string_view reason);

/// Of a file that is sound, but of a kind that is not read: `what` it is, "a HEIC image".
DataError unread_error(std::string_view subject, std::string_view what);

/// What is wrong with a sample, from an error that was thrown while it was read: the reason alone,
/// unless the error names another thing, such as the archive the sample lies in.
std::string reason_of(const Error& error, std::string_view sample);

/// "SAMPLE: REASON", for lists of broken samples.
std::string broken_sample(const Error& error, std::string_view sample);

}  // namespace dbot::data
