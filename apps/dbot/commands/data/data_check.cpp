// dbot data check: every image read once, and what is wrong with it.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "apps/dbot/commands/data/data.h"
#include "apps/dbot/commands/data/data_videos.h"
#include "apps/dbot/terminal/command_texts.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/report/terminal/count_progress.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/table.h"
#include "dbot/tools/data_check.h"

namespace dbot::app {
namespace {

using Json = nlohmann::ordered_json;

struct DataCheckArguments {
  std::string data, out, quarantine = "broken", captions;
  std::optional<std::int64_t> workers, channels;
  std::int64_t distance = 10, least_side = 32, most_pixels = 50000000;
  double most_aspect = 5, most_imbalance = 10;
  bool mirrored = false, json = false, videos = false;
};

void check_between(const char* option, double value, double least, double most) {
  if (value >= least && value <= most) return;
  throw UsageError(
      fmt::format("[data check] {} is {:g}, expected {:g} to {:g}", option, value, least, most));
}

/// check-NAME in this folder.
std::filesystem::path default_out(const std::filesystem::path& data) {
  const auto full = std::filesystem::absolute(data).lexically_normal();
  const auto name = full.has_filename() ? full.filename() : full.parent_path().filename();
  return "check-" + name.string();
}

tools::DataCheckOptions options_of(const DataCheckArguments& a) {
  check_between("--channels", static_cast<double>(a.channels.value_or(1)), 1, 1024);
  check_between("--distance", static_cast<double>(a.distance), -1, 16);
  check_between("--min-side", static_cast<double>(a.least_side), 0, 1e6);
  check_between("--max-pixels", static_cast<double>(a.most_pixels), 1, 1e12);
  check_between("--max-aspect", a.most_aspect, 1, 1e6);
  check_between("--max-imbalance", a.most_imbalance, 1, 1e12);
  tools::DataCheckOptions options;
  options.data = a.data;
  options.out = a.out.empty() ? default_out(a.data) : std::filesystem::path(a.out);
  options.quarantine = data::parse_quarantine_scope(a.quarantine, "--quarantine");
  options.survey.workers = worker_count(a.workers, "data check");
  options.survey.channels = static_cast<int>(a.channels.value_or(data::kAnyChannels));
  options.limits = {static_cast<int>(a.least_side),
                    a.most_aspect,
                    a.most_pixels,
                    a.most_imbalance,
                    {static_cast<int>(a.distance), a.mirrored}};
  options.captions = a.captions;
  options.commands = command_texts();
  return options;
}

double rate(const tools::DataCheck& check) {
  return check.seconds > 0 ? static_cast<double>(check.looked_at) / check.seconds : 0;
}

std::string json_of(const tools::DataCheck& check, const tools::DataCheckOptions& options) {
  Json counts = Json::object();
  for (const auto& text : data::finding_texts()) counts[text.id] = check.audit.count(text.kind);
  const Json json{{"images", check.images},
                  {"channels", check.channels},
                  {"bytes", check.statistics.bytes},
                  {"broken", check.audit.broken},
                  {"suspicious", check.audit.suspicious},
                  {"counts", counts},
                  {"groups", check.audit.groups.size()},
                  {"quarantined", check.quarantined},
                  {"captions", check.captions},
                  {"seconds", check.seconds},
                  {"images_per_second", rate(check)},
                  {"out", options.out.string()},
                  {"report", check.page.string()},
                  {"findings", check.findings.string()},
                  {"quarantine", check.quarantine.string()}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print_findings(const tools::DataCheck& check) {
  std::vector<std::vector<std::string>> rows{{"found", "", "files"}};
  for (const auto& text : data::finding_texts()) {
    if (check.audit.count(text.kind) == 0) continue;
    rows.push_back({std::string(text.title), std::string(data::name(text.gravity)),
                    report::grouped(check.audit.count(text.kind))});
  }
  if (rows.size() > 1) print(report::text_table(rows));
  print_line(check.sentence);
  print_line(fmt::format("report     {}", check.page.string()));
  print_line(fmt::format("findings   {}", check.findings.string()));
  print_line(fmt::format("quarantine {} ({} images; data.leave_out in a recipe)",
                         check.quarantine.string(), report::grouped(check.quarantined)));
}

void check_data(const DataCheckArguments& arguments) {
  const auto options = options_of(arguments);
  if (arguments.videos) {
    if (!arguments.captions.empty()) {
      throw UsageError("[data check] --captions are of images; leave out --captions or --videos");
    }
    tools::check_data_check_folder(options.out);
    return check_videos({arguments.data, options.survey.workers, arguments.json}, options.out);
  }
  promise_to_go_on();
  tools::check_data_check_folder(options.out);
  std::unique_ptr<report::CountProgress> progress;
  const auto tell = [&](const tools::DataCheckProgress& now) {
    if (!progress) {
      progress =
          std::make_unique<report::CountProgress>(progress_options(), now.total, complain_raw);
    }
    progress->update(now.done, now.broken > 0 ? fmt::format("{} broken", now.broken) : "");
    if (now.done == now.total) progress.reset();
  };
  const auto check = tools::check_data_set(options, tell, stop_request(), console_log());
  progress.reset();
  if (arguments.json) {
    print_line(json_of(check, options));
  } else {
    print_findings(check);
  }
  if (check.audit.broken == 0) return;
  throw DataError(
      {.operation = "data check",
       .fault = Fault::corrupt,
       .reason = fmt::format("{} of {} images cannot be used", check.audit.broken, check.images),
       .way_out = fmt::format("replace them, or leave them out with data.leave_out = \"{}\"",
                              check.quarantine.string())});
}

}  // namespace

void add_data_check(CommandLine& line, CLI::App& data) {
  CLI::App* command = data.add_subcommand("check", "Read every image once, and say what is wrong");
  auto a = std::make_shared<DataCheckArguments>();
  const auto add = [command](const char* name, auto& value, const char* type, const char* text) {
    return command->add_option(name, value, text)->type_name(type);
  };
  add("DIR", a->data, "DIR", "Folder of images, or IDX files")->required()->check(not_empty());
  add("--out", a->out, "DIR", "Folder for the results (default: check-NAME)")->check(not_empty());
  add("--quarantine", a->quarantine, "broken|duplicates|all",
      "What goes into quarantine.txt (default: broken)")
      ->check(not_empty());
  add("--workers", a->workers, "N", "Reading threads (default: all cores)");
  add("--channels", a->channels, "N",
      "Channels that are wanted (default: what most images have, grey as 3)");
  add("--distance", a->distance, "BITS",
      "Largest difference of near-duplicates' hashes, 0 to 16 (default: 10); -1: exact copies "
      "only");
  command->add_flag("--mirrored", a->mirrored, "Mirror images are near-duplicates, too");
  add("--min-side", a->least_side, "N", "Images with a shorter side are tiny (default: 32)");
  add("--max-aspect", a->most_aspect, "X", "Longer side by shorter one (default: 5)");
  add("--max-pixels", a->most_pixels, "N", "Images with more are huge (default: 50000000)");
  add("--max-imbalance", a->most_imbalance, "X", "Largest class by another (default: 10)");
  add("--captions", a->captions, "beside|FILE",
      "Captions of the images to look at, too: those that lie with them, or a file")
      ->check(not_empty());
  command->add_flag("--videos", a->videos, "DIR holds videos: decode each to its end");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { check_data(*a); }; });
}

}  // namespace dbot::app
