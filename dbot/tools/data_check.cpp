#include "dbot/tools/data_check.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/audit/set_channels.h"
#include "dbot/data/audit/survey/survey_journal.h"
#include "dbot/report/page/check_page.h"
#include "dbot/report/page/page.h"
#include "dbot/report/text/quantity_text.h"

namespace dbot::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::int64_t kWorthTelling = 100000;  // images: comparing them takes a while
constexpr const char* kFindingsFile = "check.jsonl";
constexpr const char* kJournalFile = "check.partial";

// Names may hold bytes that are not UTF-8.
std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string findings_text(const data::AuditedSet& set, const data::Audit& audit) {
  Json counts = Json::object();
  for (const auto& text : data::finding_texts()) counts[text.id] = audit.count(text.kind);
  std::string text = line_of({{"type", "check"},
                              {"version", 1},
                              {"data", set.path().string()},
                              {"images", set.size()},
                              {"broken", audit.broken},
                              {"suspicious", audit.suspicious},
                              {"counts", counts}});
  for (const auto& finding : audit.findings) {
    const auto& kind = data::text_of(finding.kind);
    Json json{{"type", "finding"},
              {"kind", kind.id},
              {"gravity", data::name(kind.gravity)},
              {"file", finding.file},
              {"detail", finding.detail}};
    if (finding.group >= 0) json["group"] = finding.group;
    text += line_of(json);
  }
  return text;
}

/// Looks at the images that the journal does not know, and adds them to it.
void look_at_images(const data::AuditedSet& set, const DataCheckOptions& options,
                    const TellDataCheck& tell, const core::StopRequest& stop,
                    std::vector<data::ImageFacts>& facts, DataCheck& check) {
  data::SurveyConfig survey = options.survey;
  if (survey.channels == data::kAnyChannels) survey.channels = data::channels_of(set);
  check.channels = survey.channels;
  data::SurveyJournal journal(options.out / kJournalFile, set, survey);
  const auto known = journal.read(facts);
  std::vector<std::int64_t> wanted;
  DataCheckProgress progress{0, set.size(), 0};
  const auto count = [&](std::int64_t image) {
    ++progress.done;
    const bool broken = facts[static_cast<std::size_t>(image)].fault != data::ImageFault::none;
    progress.broken += broken ? 1 : 0;
  };
  for (std::int64_t image = 0; image < set.size(); ++image) {
    if (known[static_cast<std::size_t>(image)]) {
      count(image);
    } else {
      wanted.push_back(image);
    }
  }
  check.looked_at = std::ssize(wanted);
  tell(progress);
  const double began = core::steady_seconds();
  data::survey(
      set, survey, wanted, facts,
      [&](std::span<const std::int64_t> finished) {
        for (const auto image : finished) count(image);
        journal.add(finished, facts);
        tell(progress);
      },
      stop);
  check.seconds = core::steady_seconds() - began;
  if (!stop.requested()) return;
  throw Stopped({.operation = "data check",
                 .reason = fmt::format("stopped on request after {} of {} images", progress.done,
                                       progress.total),
                 .way_out = "the same command goes on from there"});
}

}  // namespace

void check_data_check_folder(const fs::path& out) {
  std::error_code error;
  if (!fs::exists(out, error)) return;
  if (!fs::is_directory(out, error)) {
    throw UsageError({.operation = "data check",
                      .subject = out.string(),
                      .fault = Fault::unsupported,
                      .reason = "is a file, expected a folder that is new, empty, or holds an "
                                "earlier check"});
  }
  for (const char* name : {kFindingsFile, kJournalFile}) {
    if (fs::exists(out / name, error)) return;
  }
  if (!fs::is_empty(out, error)) {
    throw UsageError({.operation = "data check",
                      .subject = out.string(),
                      .fault = Fault::occupied,
                      .reason = "holds other files, expected a folder that is new, empty, or holds "
                                "an earlier check",
                      .way_out = "choose another name"});
  }
}

DataCheck check_data_set(const DataCheckOptions& options, const TellDataCheck& tell,
                         const core::StopRequest& stop, const core::Log& log) {
  const auto set =
      data::AuditedSet::open(options.data, log, data::MaskChoice::kept, options.captions);
  std::error_code error;
  fs::create_directories(options.out, error);
  if (error) {
    throw Error(
        fmt::format("[data check] {} cannot be made: {}", options.out.string(), error.message()));
  }
  DataCheck check;
  std::vector<data::ImageFacts> facts(static_cast<std::size_t>(set.size()));
  look_at_images(set, options, tell, stop, facts, check);

  if (set.size() > kWorthTelling) {
    log(core::LogLevel::information,
        fmt::format("looking for copies among {} images", report::grouped(set.size())));
  }
  check.images = set.size();
  if (set.captions()) check.captions = set.captions()->counts.captions;
  check.parts = std::ssize(set.parts());
  check.audit = data::judge(set, facts, options.limits, stop);
  check.statistics = data::summarise(set, facts);
  check.page = options.out / "check.html";
  check.findings = options.out / kFindingsFile;
  check.quarantine = options.out / "quarantine.txt";
  const auto list = data::quarantine_text(set, check.audit, options.quarantine);
  check.quarantined = std::ssize(data::parse_leave_out(list));
  const report::CheckedSet checked{.set = set,
                                   .facts = facts,
                                   .audit = check.audit,
                                   .statistics = check.statistics,
                                   .commands = options.commands,
                                   .quarantine = check.quarantine,
                                   .quarantined = check.quarantined,
                                   .seconds = check.seconds,
                                   .looked_at = check.looked_at};
  check.sentence = report::check_sentence(checked);
  const auto page = report::check_page_html(report::check_page_data(checked, stop));
  if (stop.requested()) {
    throw Stopped({.operation = "data check",
                   .reason = "stopped on request",
                   .way_out = "the same command goes on from there"});
  }
  core::write_file_atomically(check.findings, findings_text(set, check.audit));
  core::write_file_atomically(check.quarantine, list);
  core::write_file_atomically(check.page, page);
  fs::remove(options.out / kJournalFile, error);
  return check;
}

}  // namespace dbot::tools
