#pragma once

#include <string>
#include <string_view>

#include "dbot/data/audit/audit.h"
#include "dbot/data/sources/choice/name_list.h"

// Lists of images to leave out (sources/choice/name_list.h): paths relative to the data set's
// folder.
namespace dbot::data {

/// What goes into the list: what cannot be used; also copies; everything suspicious.
enum class QuarantineScope { broken, duplicates, all };

/// "broken", "duplicates" or "all"; throws UsageError otherwise, naming `option`.
QuarantineScope parse_quarantine_scope(std::string_view text, std::string_view option);

/// The list of an audit, each image once, with the reason before it. Of copies one stays: the first
/// of its group; none does where the copies lie in several classes. Names with a line end cannot be
/// listed; the list says how many those are.
std::string quarantine_text(const AuditedSet& set, const Audit& audit, QuarantineScope scope);

}  // namespace dbot::data
