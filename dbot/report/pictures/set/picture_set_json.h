#pragma once

#include <nlohmann/json_fwd.hpp>

#include "dbot/report/pictures/set/picture_set.h"

namespace dbot::report {

/// The figures under their names, as pictures.json and the page hold them. Numbers that are not
/// finite become null.
nlohmann::ordered_json health_json(const FeatureHealth& health);

}  // namespace dbot::report
