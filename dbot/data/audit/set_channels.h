#pragma once

#include <vector>

#include "dbot/data/audit/audited_set.h"
#include "dbot/data/audit/survey/image_facts.h"

namespace dbot::data {

/// The channels that most images have, without alpha and with palettes looked up; 3 where no header
/// could be read.
int most_frequent_channels(const std::vector<ImageFacts>& facts);

/// The channels that a set's images are looked at with where nobody says: those that most have, by
/// the headers of up to 256 images; grey as RGB.
int channels_of(const AuditedSet& set);

}  // namespace dbot::data
