#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/audit/audit.h"
#include "dbot/data/audit/set_channels.h"
#include "dbot/data/audit/survey/survey.h"

namespace dbot::test {

/// A folder, looked at and judged.
struct AuditedFolder {
  explicit AuditedFolder(const std::filesystem::path& folder, int workers = 2,
                         const data::AuditLimits& limits = {}, const std::string& captions = {})
      : set(data::AuditedSet::open(folder, core::silent_log(), data::MaskChoice::kept, captions)),
        facts(static_cast<std::size_t>(set.size())) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < set.size(); ++i) all.push_back(i);
    core::StopRequest stop;
    data::SurveyConfig config;
    config.workers = workers;
    config.channels = data::channels_of(set);
    data::survey(
        set, config, all, facts, [](auto) {}, stop);
    audit = data::judge(set, facts, limits, stop);
  }

  /// Files with a finding of this kind.
  std::set<std::string> files(data::FindingKind kind) const {
    std::set<std::string> names;
    for (const auto& finding : audit.findings) {
      if (finding.kind == kind) names.insert(finding.file);
    }
    return names;
  }
  std::string detail(data::FindingKind kind, const std::string& file) const {
    for (const auto& finding : audit.findings) {
      if (finding.kind == kind && finding.file == file) return finding.detail;
    }
    return "not found";
  }

  data::AuditedSet set;
  std::vector<data::ImageFacts> facts;
  data::Audit audit;
};

}  // namespace dbot::test
