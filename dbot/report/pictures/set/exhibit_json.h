#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "dbot/report/pictures/set/shown_exhibits.h"

// How files and the page hold an exhibit. Private to the report: it shows nlohmann's types.
namespace dbot::report {

/// "matrix" and the like: the key `kind` of an exhibit.
std::string exhibit_kind(const ShownExhibit& exhibit);

/// One object. Numbers that are not finite become null.
nlohmann::ordered_json exhibit_json(const ShownExhibit& exhibit);

/// The inverse; empty for a kind that is not known. Throws DataError for what is missing, of
/// another type or beyond the limits.
std::optional<ShownExhibit> exhibit_of_json(const nlohmann::json& object);

}  // namespace dbot::report
