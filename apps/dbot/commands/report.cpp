// dbot report: the page of a run, or of several side by side.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/run_folders.h"
#include "apps/dbot/terminal/command_texts.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/files/files.h"
#include "dbot/report/page/page.h"
#include "dbot/report/page/page_data.h"

namespace dbot::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Arguments {
  std::vector<std::string> runs;
  std::string out;
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

void report_runs(const Arguments& arguments) {
  for (const std::string& run : arguments.runs)
    if (!is_run(run)) throw_no_run(run, "report");
  std::vector<std::string> pages;
  Json runs = Json::array();
  for (const std::string& run : arguments.runs) {
    report::PageData data(run, command_texts());
    pages.push_back(data.json());
    runs.push_back(summary_json(run, data.summary()));
    complain(fmt::format("{}: {}", run, data.summary().verdict.sentence));
  }
  const fs::path out = out_file(arguments);
  const std::string html = report::page_html(pages);
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
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { report_runs(*a); }; });
}

}  // namespace dbot::app
