#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/audit/audit.h"
#include "dbot/data/audit/quarantine.h"
#include "dbot/data/audit/set_statistics.h"
#include "dbot/data/audit/survey/survey.h"
#include "dbot/report/text/command_texts.h"

namespace dbot::tools {

struct DataCheckOptions {
  std::filesystem::path data;  // see data::AuditedSet
  std::filesystem::path out;   // gets check.html, check.jsonl and quarantine.txt
  data::QuarantineScope quarantine = data::QuarantineScope::broken;
  data::SurveyConfig survey;  // of kAnyChannels: those that most images have (data::channels_of)
  data::AuditLimits limits;
  std::string captions = {};  // of the images, "beside" or a file; empty: none are looked at
  report::CommandTexts commands = {};  // the page shows them
};

/// How far a check is.
struct DataCheckProgress {
  std::int64_t done = 0, total = 0, broken = 0;
};
using TellDataCheck = std::function<void(const DataCheckProgress&)>;

struct DataCheck {
  std::string sentence;  // how the set is
  std::int64_t images = 0, parts = 0, quarantined = 0;
  std::int64_t captions = 0;  // that images have, where they were asked for
  int channels = 0;           // that images were looked at with
  data::Audit audit;
  data::SetStatistics statistics;
  double seconds = 0;          // that looking at the images took
  std::int64_t looked_at = 0;  // in this time; the others were known from before
  std::filesystem::path page, findings, quarantine;
};

/// Throws UsageError unless the folder is new, empty, or holds an earlier check, which is replaced.
void check_data_check_folder(const std::filesystem::path& out);

/// Reads every image of a data set once and writes what is found. Throws DataError where there is
/// no data set, Error where the result cannot be written, and Stopped on request: what was seen so
/// far then lies in the folder, and the same call goes on from there.
DataCheck check_data_set(const DataCheckOptions& options, const TellDataCheck& tell,
                         const core::StopRequest& stop, const core::Log& log);

}  // namespace dbot::tools
