#pragma once

#include "dbot/methods/exhibits.h"

namespace dbot::report {

/// Throws Error, which names `kind`, if the parts of an exhibit do not fit each other: shapes,
/// types, numbers of names, corners that are no vertices, labels that have no name.
void check_exhibit(const std::string& kind, const methods::Exhibit& exhibit);

}  // namespace dbot::report
