#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dbot/data/audit/survey/image_facts.h"

namespace dbot::data {

/// One record of a survey's journal, marked with its own checksum.
std::string journal_record(std::int64_t image, const ImageFacts& facts);

/// Takes a record off the beginning of `text`; false if it does not begin with a whole, sound one.
bool read_journal_record(std::string_view& text, std::int64_t& image, ImageFacts& facts);

}  // namespace dbot::data
