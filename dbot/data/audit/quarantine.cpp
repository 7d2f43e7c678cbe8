#include "dbot/data/audit/quarantine.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::data {
namespace {

bool belongs(FindingKind kind, QuarantineScope scope) {
  const auto gravity = text_of(kind).gravity;
  if (gravity == Gravity::broken) return true;
  if (scope == QuarantineScope::broken) return false;
  switch (kind) {
    case FindingKind::leak:
    case FindingKind::label_conflict:
    case FindingKind::duplicate:
    case FindingKind::near_duplicate:
      return true;
    default:
      return scope == QuarantineScope::all && gravity == Gravity::suspicious;
  }
}

}  // namespace

QuarantineScope parse_quarantine_scope(std::string_view text, std::string_view option) {
  if (text == "broken") return QuarantineScope::broken;
  if (text == "duplicates") return QuarantineScope::duplicates;
  if (text == "all") return QuarantineScope::all;
  throw UsageError(
      fmt::format("[data check] {} is {}, expected broken, duplicates or all", option, text));
}

std::string quarantine_text(const AuditedSet& set, const Audit& audit, QuarantineScope scope) {
  std::map<std::string, std::string> listed;  // by name, with the first reason
  std::int64_t unlistable = 0;
  for (const auto& finding : audit.findings) {
    if (finding.image < 0 || !belongs(finding.kind, scope)) continue;
    if (finding.file.find_first_of("\r\n") != std::string::npos) {
      ++unlistable;
      continue;
    }
    std::string reason = fmt::format("{}: {}", text_of(finding.kind).id, finding.detail);
    for (char& letter : reason) {
      if (letter == '\n' || letter == '\r') letter = ' ';
    }
    listed.emplace(finding.file, std::move(reason));
  }
  std::string text = fmt::format(
      "# {} of {} images, found by dbot data check. To train without them: data.leave_out in the "
      "recipe.\n",
      listed.size(), set.size());
  if (unlistable > 0) {
    text += fmt::format("# {} more cannot be listed: their names have line ends.\n", unlistable);
  }
  for (const auto& [name, reason] : listed) {
    text += fmt::format("# {}\n{}{}\n", reason, name.starts_with('#') ? "./" : "", name);
  }
  return text;
}

}  // namespace dbot::data
