// dbot report: the page of a run, or of several side by side.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/run_folders.h"
#include "apps/dbot/terminal/command_texts.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/report/page/page.h"
#include "dbot/report/page/page_data.h"
#include "dbot/report/page/reference/reference.h"
#include "dbot/run/facts/stored_facts.h"
#include "dbot/run/recipe/reference_catalog.h"

namespace dbot::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kNoReference = "none";

struct Arguments {
  std::vector<std::string> runs;
  std::string out, write_reference;
  std::string reference = kNoReference;
  bool json = false;
};

fs::path out_file(const Arguments& arguments) {
  if (!arguments.out.empty()) return arguments.out;
  if (arguments.runs.size() > 1) return "comparison.html";
  return fs::path(arguments.runs.front()) / "report.html";
}

Json summary_json(const std::string& run, const report::PageSummary& summary) {
  Json findings = Json::array();
  for (const report::Advice& advice : summary.findings) {
    if (advice.severity != report::Severity::good) findings.push_back(advice.id);
  }
  return {{"run", run},
          {"state", report::name(summary.state)},
          {"step", summary.step},
          {"verdict", report::name(summary.verdict.kind)},
          {"sentence", summary.verdict.sentence},
          {"measure", summary.verdict.measure},
          {"findings", findings}};
}

void check_arguments(const Arguments& arguments) {
  for (const std::string& run : arguments.runs)
    if (!is_run(run)) throw_no_run(run, "report");
  const bool about_one = arguments.reference != kNoReference || !arguments.write_reference.empty();
  if (about_one && arguments.runs.size() > 1) {
    throw UsageError(
        fmt::format("[report] --reference and --write-reference are of one run, {} are named",
                    arguments.runs.size()));
  }
  if (!arguments.write_reference.empty() && arguments.reference != kNoReference) {
    throw UsageError(
        "[report] --write-reference writes no page, so --reference does not go with it");
  }
}

/// As page data; empty where none is asked for.
std::string reference_of(const Arguments& arguments) {
  if (arguments.reference == kNoReference) return {};
  const std::string recipe = run::read_stored_facts(arguments.runs.front()).recipe;
  const run::ReferenceText found = run::find_reference(arguments.reference, recipe);
  return report::read_reference(found.text, found.origin);
}

void write_reference(const Arguments& arguments) {
  const fs::path out = arguments.write_reference;
  const std::string text = report::reference_text(arguments.runs.front());
  std::error_code ignored;
  if (fs::exists(out, ignored)) {
    // One that is there is replaced; anything else is somebody's.
    static_cast<void>(report::read_reference(core::read_text_file(out), out.string()));
  }
  core::write_file_atomically(out, text);
  if (!arguments.json) return print_line(out.string());
  print_line(Json{{"out", out.string()}, {"bytes", text.size()}}.dump(
      -1, ' ', false, Json::error_handler_t::replace));
}

void report_runs(const Arguments& arguments) {
  check_arguments(arguments);
  if (!arguments.write_reference.empty()) return write_reference(arguments);
  const std::string reference = reference_of(arguments);
  std::vector<std::string> pages;
  Json runs = Json::array();
  for (const std::string& run : arguments.runs) {
    report::PageData data(run, command_texts());
    pages.push_back(data.json());
    runs.push_back(summary_json(run, data.summary()));
    complain(fmt::format("{}: {}", run, data.summary().verdict.sentence));
  }
  const fs::path out = out_file(arguments);
  const std::string html = report::page_html(pages, reference);
  core::write_file_atomically(out, html);
  if (!arguments.json) return print_line(out.string());
  const Json json{{"out", out.string()}, {"bytes", html.size()}, {"runs", runs}};
  print_line(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void add_report(CommandLine& line) {
  CLI::App* command =
      line.parser.add_subcommand("report", "Write the page of a run, or compare several");
  auto a = std::make_shared<Arguments>();
  command->add_option("RUN", a->runs, "Run folders")
      ->required()
      ->type_name("DIR")
      ->check(not_empty());
  command
      ->add_option("--out", a->out,
                   "File to write (default: report.html in the run's folder; comparison.html "
                   "here for several runs)")
      ->type_name("FILE")
      ->check(not_empty());
  command
      ->add_option("--reference", a->reference,
                   "Draw a reference run behind this one: a file, a name, or auto, that of the "
                   "run's recipe")
      ->type_name("FILE")
      ->expected(0, 1)
      ->default_str("auto");
  command
      ->add_option("--write-reference", a->write_reference,
                   "Write the figures of a finished run as a reference, and no page")
      ->type_name("FILE")
      ->check(not_empty());
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { report_runs(*a); }; });
}

}  // namespace dbot::app
