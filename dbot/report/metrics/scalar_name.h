#pragma once

#include <string>
#include <string_view>

namespace dbot::report {

/// The name of a method's further figure as it stands in files: `shown_text` of its first 120 bytes
/// on one line, "unnamed" if it is empty. A name may hold anything, say that of a class of the
/// data.
std::string scalar_name(std::string_view name);

}  // namespace dbot::report
