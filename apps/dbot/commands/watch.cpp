// dbot watch: a run that another process writes, live.
#include "dbot/report/terminal/watch.h"
#include "dbot/core/clock.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/run_folders.h"
#include "apps/dbot/terminal/command_texts.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/files/lock_state.h"
#include "dbot/report/metrics/metrics_follow.h"
#include "dbot/report/terminal/progress.h"

namespace dbot::app {
namespace {

namespace fs = std::filesystem;

// The terminal's second screen, without cursor; and back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

constexpr double kSecondsBetweenLines = 10;
constexpr std::chrono::milliseconds kPollInterval{250};
constexpr double kSecondsToDie = 10;  // a writer that is gone has written nothing for so long

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view text(value);
    return text.find("UTF-8") != text.npos || text.find("utf8") != text.npos;
  }
  return false;
}

/// The run as its file says at the last look.
class Viewer {
 public:
  explicit Viewer(fs::path run) : run_(std::move(run)), follower_(run_ / "metrics.jsonl") {
    view_.goes_on = command_texts().goes_on;
  }

  void look() {
    auto news = follower_.poll();
    if (news.begun_anew) {
      watch_ = {};
      told_evaluations_ = 0;
    }
    for (const auto& record : news.records) watch_.add(record);
    std::error_code error;
    const auto written = fs::last_write_time(run_ / "metrics.jsonl", error);
    view_.seconds_since_record =
        error ? -1
              : std::max(0.0,
                         std::chrono::duration<double>(fs::file_time_type::clock::now() - written)
                             .count());
    view_.writer_gone = watch_.begun() && view_.seconds_since_record > kSecondsToDie &&
                        !core::is_locked(run_ / ".lock");
  }

  bool over() const { return watch_.finished() || view_.writer_gone; }
  const report::Watch& watch() const { return watch_; }

  std::vector<std::string> screen(const TerminalSize& size) {
    view_.name = run_.string();
    view_.columns = size.columns;
    view_.rows = size.rows;
    view_.ascii = !speaks_utf8();
    return report::watch_screen(watch_, view_);
  }

  std::string status() const { return report::watch_status(watch_, view_); }

  /// Evaluations that were not asked for yet, a line each.
  std::vector<std::string> new_evaluations() {
    std::vector<std::string> lines;
    const auto& all = watch_.evaluations();
    for (; told_evaluations_ < all.size(); ++told_evaluations_) {
      const auto& record = all[told_evaluations_];
      std::string line = record.label + ":";
      for (const auto& row : record.results) {
        line += fmt::format("  {} {} {:.2f}%", row.protocol, row.features, row.top1);
      }
      lines.push_back(report::printable(line));
    }
    return lines;
  }

 private:
  fs::path run_;
  report::MetricsFollower follower_;
  report::Watch watch_;
  report::WatchView view_;
  std::size_t told_evaluations_ = 0;
};

void print_screen(Viewer& viewer) {
  for (const std::string& line : viewer.screen(terminal_size(STDOUT_FILENO))) print_line(line);
}

void watch_on_terminal(Viewer& viewer) {
  end_at_once_on_stop(kLeave);
  print(kEnter);
  for (viewer.look(); !viewer.over(); viewer.look()) {
    std::string frame(kHome);
    const auto lines = viewer.screen(terminal_size(STDOUT_FILENO));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      frame += fmt::format("{}{}{}", i > 0 ? "\r\n" : "", lines[i], kClearLine);
    }
    print(frame + std::string(kClearBelow));
    std::this_thread::sleep_for(kPollInterval);
  }
  print(kLeave);
  print_screen(viewer);
}

/// For pipes and log files: a line now and then, evaluations as they come, no control characters.
void watch_in_lines(Viewer& viewer) {
  end_at_once_on_stop("");
  double told_at = -1;
  std::int64_t told_step = -1;
  bool told_waiting = false;
  for (viewer.look();; viewer.look()) {
    const report::Watch& watch = viewer.watch();
    const double now = core::steady_seconds();
    if (!watch.begun() && !told_waiting) print_line("waiting for the run to begin");
    told_waiting = told_waiting || !watch.begun();
    const bool due = told_at < 0 || now - told_at >= kSecondsBetweenLines || viewer.over();
    if (watch.begun() && due && watch.figures().step != told_step) {
      print_line(report::progress_text(watch.figures(), 0));
      told_at = now;
      told_step = watch.figures().step;
    }
    for (const std::string& line : viewer.new_evaluations()) print_line(line);
    if (viewer.over()) break;
    std::this_thread::sleep_for(kPollInterval);
  }
  print_line(viewer.status());
}

/// A place whose run may still begin: nothing, or a folder with nothing in it that people see.
bool may_become_a_run(const fs::path& path) {
  std::error_code error;
  if (is_run(path) || !fs::exists(path, error)) return true;
  if (!fs::is_directory(path, error)) return false;
  const auto is_hidden = [](const fs::directory_entry& entry) {
    return entry.path().filename().string().starts_with(".");
  };
  return std::all_of(fs::directory_iterator(path, error), fs::directory_iterator(), is_hidden);
}

void watch(const fs::path& run, bool once) {
  if (!may_become_a_run(run)) throw_no_run(run, "watch");
  Viewer viewer(run);
  if (once) {
    if (!is_run(run)) throw_no_run(run, "watch");
    viewer.look();
    return print_screen(viewer);
  }
  if (isatty(STDOUT_FILENO) != 0) return watch_on_terminal(viewer);
  watch_in_lines(viewer);
}

}  // namespace

void add_watch(CommandLine& line) {
  CLI::App* command =
      line.parser.add_subcommand("watch", "Watch a run that another process trains, live");
  auto run = std::make_shared<std::string>();
  auto once = std::make_shared<bool>(false);
  command->add_option("RUN", *run, "Run folder; one that has not begun is waited for")
      ->required()
      ->check(not_empty())
      ->type_name("DIR");
  command->add_flag("--once", *once, "Print how it stands and end");
  command->callback([&line, run, once] { line.action = [run, once] { watch(*run, *once); }; });
}

}  // namespace dbot::app
