#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "dbot/report/metrics/evaluation_table.h"
#include "dbot/report/terminal/text_plot.h"
#include "dbot/report/terminal/watch.h"
#include "dbot/report/text/table.h"

namespace dbot::report {
namespace {

constexpr int kMostPlotRows = 14;
constexpr int kLinesBesidePlot = 7;  // title, bar, figures, heading, blank lines, status

std::string bar(double share, int columns, bool ascii) {
  const int room = std::max(1, columns);
  const int eighths = static_cast<int>(std::clamp(share, 0.0, 1.0) * 8 * room);
  std::string text;
  for (int column = 0; column < room; ++column) {
    const int filled = std::clamp(eighths - 8 * column, 0, 8);
    if (ascii) {
      text += filled == 8 ? "#" : ".";
    } else if (filled == 0) {
      text += " ";
    } else {
      text += {'\xE2', '\x96', static_cast<char>(0x90 - filled)};  // U+2588 is a full block
    }
  }
  return "[" + text + "]";
}

std::string progress_bar(const ProgressFigures& figures, const WatchView& view) {
  const double share = figures.steps > 0
                           ? static_cast<double>(figures.step) / static_cast<double>(figures.steps)
                           : 1;
  const std::string left =
      figures.seconds_left >= 0 ? "  left " + duration_text(figures.seconds_left) : std::string();
  const std::string text =
      fmt::format(" {:.0f}%  step {}/{}  epoch {:.1f}/{:.6g}{}", 100 * share, figures.step,
                  figures.steps, figures.epoch, figures.epochs, left);
  const int room = std::min(60, view.columns - static_cast<int>(text.size()) - 3);
  return (room >= 5 ? bar(share, room, view.ascii) : std::string()) + text;
}

std::string rates(ProgressFigures figures, int columns) {
  // What the bar says already.
  figures.seconds_left = -1;
  const std::string whole = progress_text(figures, 0);
  const auto begin = whole.find("loss");
  return begin == std::string::npos ? std::string() : cut_to_width(whole.substr(begin), columns);
}

void add_table(std::vector<std::string>& lines, const Watch& watch, int room) {
  std::istringstream table(evaluation_table(watch.evaluations(), /*with_top5=*/false,
                                            /*every=*/true));
  std::vector<std::string> rows;
  for (std::string line; std::getline(table, line);) rows.push_back(std::move(line));
  constexpr int kHead = 2;
  const int count = static_cast<int>(rows.size());
  if (count <= kHead || room <= kHead) return;
  // The newest ones, where there is no room for all.
  const int first = std::max(kHead, count - (room - kHead));
  lines.insert(lines.end(), rows.begin(), rows.begin() + kHead);
  lines.insert(lines.end(), rows.begin() + first, rows.end());
}

}  // namespace

std::string cut_to_width(const std::string& text, int columns) {
  int width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (begins && ++width > columns) return text.substr(0, i);
  }
  return text;
}

std::string watch_status(const Watch& watch, const WatchView& view) {
  if (watch.finished()) return "finished";
  if (!watch.begun()) return "has not begun";
  const bool all = watch.figures().steps > 0 && watch.figures().step >= watch.figures().steps;
  if (view.writer_gone) return "no process trains here; " + view.goes_on;
  if (view.seconds_since_record < 0) return "training";
  const std::string age = duration_text(view.seconds_since_record);
  if (all) return fmt::format("evaluating; last record {} ago", age);
  return fmt::format("training; last record {} ago", age);
}

std::vector<std::string> watch_screen(const Watch& watch, const WatchView& view) {
  const ProgressFigures& figures = watch.figures();
  const int evaluations = static_cast<int>(watch.evaluations().size());
  std::vector<std::string> lines{printable(view.name)};
  if (watch.begun()) {
    if (figures.stages > 1) {
      lines[0] += fmt::format("  stage {}/{}", figures.stage, figures.stages);
    }
    lines.push_back(progress_bar(figures, view));
    lines.push_back(rates(figures, view.columns));
    const int for_table = evaluations > 0 ? std::min(evaluations + 3, view.rows / 2) : 0;
    const int rows = std::min(kMostPlotRows, view.rows - kLinesBesidePlot - for_table);
    const auto plot = text_plot(watch.losses(), view.columns, rows, view.ascii);
    if (!plot.empty()) {
      lines.push_back("");
      lines.push_back("loss");
      lines.insert(lines.end(), plot.begin(), plot.end());
    }
    if (evaluations > 0) {
      lines.push_back("");
      add_table(lines, watch, view.rows - static_cast<int>(lines.size()) - 2);
    }
  }
  lines.push_back("");
  lines.push_back(watch_status(watch, view));
  const auto most = static_cast<std::size_t>(std::max(1, view.rows));
  if (lines.size() > most) {
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(most) - 1, lines.end() - 1);
  }
  for (std::string& line : lines) line = cut_to_width(line, view.columns);
  return lines;
}

}  // namespace dbot::report
