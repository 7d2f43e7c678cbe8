#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "dbot/core/log.h"
#include "dbot/data/audit/audit.h"
#include "dbot/data/audit/name_list.h"

// Lists of images to leave out (name_list.h): paths relative to the data set's folder.
namespace dbot::data {

/// What goes into the list: what cannot be used; also copies; everything suspicious.
enum class QuarantineScope { broken, duplicates, all };

/// "broken", "duplicates" or "all"; throws UsageError otherwise, naming `option`.
QuarantineScope parse_quarantine_scope(std::string_view text, std::string_view option);

/// The list of an audit, each image once, with the reason before it. Of copies one stays: the first
/// of its group; none does where the copies lie in several classes. Names with a line end cannot be
/// listed; the list says how many those are.
std::string quarantine_text(const AuditedSet& set, const Audit& audit, QuarantineScope scope);

/// The images that the list does not name; says how many it leaves out. `root` is the folder that
/// the data set was opened from. Throws DataError if the list cannot be read, or names all images.
std::shared_ptr<const Dataset> leave_out(std::shared_ptr<const Dataset> images,
                                         const std::filesystem::path& list,
                                         const std::filesystem::path& root, const core::Log& log);

}  // namespace dbot::data
