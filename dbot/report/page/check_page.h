#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dbot/core/stop.h"
#include "dbot/data/audit/audit.h"
#include "dbot/data/audit/set_statistics.h"
#include "dbot/report/text/command_texts.h"

namespace dbot::report {

/// What a page of a checked data set is made of.
struct CheckedSet {
  const data::AuditedSet& set;
  const std::vector<data::ImageFacts>& facts;
  const data::Audit& audit;
  const data::SetStatistics& statistics;
  const CommandTexts& commands;      // the page shows them
  std::filesystem::path quarantine;  // the list, for commands
  std::int64_t quarantined = 0;      // images in it
  double seconds = 0;                // that looking at the images took
  std::int64_t looked_at = 0;        // in this time
};

/// In one sentence how the set is.
std::string check_sentence(const CheckedSet& checked);

/// The page's data as one JSON document, ASCII and without markup; pictures of
/// examples are read from the set again, at most some hundred, each of 128 pixels. Pictures that
/// cannot be read are left out; so are all once `stop` is requested.
std::string check_page_data(const CheckedSet& checked, const core::StopRequest& stop);

}  // namespace dbot::report
