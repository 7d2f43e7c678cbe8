#include "dbot/data/audit/quarantine.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/sources/names_within.h"
#include "dbot/data/subset.h"

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

std::shared_ptr<const Dataset> leave_out(std::shared_ptr<const Dataset> images,
                                         const std::filesystem::path& list,
                                         const std::filesystem::path& root, const core::Log& log) {
  std::unordered_set<std::string> names;
  try {
    names = parse_leave_out(core::read_text_file(list));
  } catch (const Error& error) {
    throw DataError(
        {.operation = "data",
         .subject = "data.leave_out",
         .fault = error.fault(),
         .reason = fmt::format("is {}, expected a list of images as dbot data check writes it: {}",
                               list.string(), error.what())});
  }
  const NamesWithin name_within({root});
  std::vector<std::int64_t> kept;
  for (std::int64_t i = 0; i < images->size(); ++i) {
    if (!names.contains(name_within(images->name(i)))) kept.push_back(i);
  }
  const auto left_out = images->size() - std::ssize(kept);
  if (left_out == 0) {
    if (!names.empty()) {
      log(core::LogLevel::warning,
          fmt::format("[data] {}: none of the {} images it names is in {}; paths are relative to "
                      "that folder",
                      list.string(), names.size(), root.string()));
    }
    return images;
  }
  if (kept.empty()) {
    throw DataError(
        {.operation = "data",
         .subject = list.string(),
         .fault = Fault::empty,
         .reason = fmt::format("leaves out all {} images of {}", left_out, root.string())});
  }
  log(core::LogLevel::information, fmt::format("{} of {} images are left out, as {} says", left_out,
                                               images->size(), list.string()));
  return subset(std::move(images), std::move(kept));
}

}  // namespace dbot::data
