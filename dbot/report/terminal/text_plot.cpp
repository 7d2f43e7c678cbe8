#include "dbot/report/terminal/text_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace dbot::report {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr double kWideSpan = 20;
constexpr int kLabelWidth = 8;

/// As many means of neighbours as there are points.
std::vector<double> resample(const std::vector<double>& values, std::size_t points) {
  std::vector<double> means;
  const std::size_t count = std::min(points, values.size());
  for (std::size_t i = 0; i < count; ++i) {
    double sum = 0, finite = 0;
    for (std::size_t j = i * values.size() / count; j < (i + 1) * values.size() / count; ++j) {
      if (!std::isfinite(values[j])) continue;
      sum += values[j];
      finite += 1;
    }
    means.push_back(finite > 0 ? sum / finite : kNothing);
  }
  return means;
}

/// Points that are set or not.
class Canvas {
 public:
  Canvas(int columns, int rows, bool ascii)
      : across_(ascii ? 1 : 2),
        down_(ascii ? 1 : 4),
        columns_(columns),
        rows_(rows),
        points_(static_cast<std::size_t>(width() * height()), false) {}

  int width() const { return columns_ * across_; }
  int height() const { return rows_ * down_; }
  void set(int x, int y) { points_[static_cast<std::size_t>(y * width() + x)] = true; }

  std::string row(int row) const {
    std::string text;
    for (int column = 0; column < columns_; ++column) text += cell(column, row);
    return text;
  }

 private:
  bool at(int x, int y) const { return points_[static_cast<std::size_t>(y * width() + x)]; }

  std::string cell(int column, int row) const {
    if (across_ == 1) return at(column, row) ? "*" : " ";
    // Unicode's braille patterns from U+2800: the dots of the left column, then of the right.
    constexpr std::array<std::array<unsigned, 4>, 2> kDots{{{1, 2, 4, 64}, {8, 16, 32, 128}}};
    unsigned dots = 0;
    for (int x = 0; x < 2; ++x) {
      for (int y = 0; y < 4; ++y) {
        if (at(2 * column + x, 4 * row + y)) {
          dots |= kDots[static_cast<std::size_t>(x)][static_cast<std::size_t>(y)];
        }
      }
    }
    if (dots == 0) return " ";
    return {'\xE2', static_cast<char>(0xA0 | dots >> 6), static_cast<char>(0x80 | (dots & 63))};
  }

  int across_, down_, columns_, rows_;
  std::vector<bool> points_;
};

struct Scale {
  double low, high;
  bool powers;
  double place(double value) const {  // 0 at the bottom, 1 at the top
    if (high <= low) return 0.5;
    if (powers) return (std::log(value) - std::log(low)) / (std::log(high) - std::log(low));
    return (value / 2 - low / 2) / (high / 2 - low / 2);  // halves: the difference may be too large
  }
};

void draw(Canvas& canvas, const std::vector<double>& values, const Scale& scale) {
  int before = -1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      before = -1;
      continue;
    }
    const int top = canvas.height() - 1;
    const int y = top - static_cast<int>(std::lround(scale.place(values[i]) * top));
    // A line down or up to here from the last point, so that steep parts stay connected.
    const int from = before < 0 ? y : before < y ? before + 1 : before > y ? before - 1 : y;
    for (int at = std::min(from, y); at <= std::max(from, y); ++at) {
      canvas.set(static_cast<int>(i), at);
    }
    before = y;
  }
}

}  // namespace

std::vector<std::string> text_plot(const std::vector<double>& values, int columns, int rows,
                                   bool ascii) {
  const int room = columns - kLabelWidth - 1;
  if (room < 4 || rows < 2) return {};
  Canvas canvas(room, rows, ascii);
  const auto points = resample(values, static_cast<std::size_t>(canvas.width()));
  Scale scale{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
              false};
  for (const double value : points) {
    if (!std::isfinite(value)) continue;
    scale.low = std::min(scale.low, value);
    scale.high = std::max(scale.high, value);
  }
  if (scale.low > scale.high) return {};
  scale.powers = scale.low > 0 && scale.high > kWideSpan * scale.low;
  draw(canvas, points, scale);
  std::vector<std::string> lines;
  for (int row = 0; row < rows; ++row) {
    const bool labelled = row == 0 || row == rows - 1;
    const std::string label =
        labelled ? fmt::format("{:.4g}", row == 0 ? scale.high : scale.low) : std::string();
    lines.push_back(fmt::format("{:>{}} {}", label, kLabelWidth, canvas.row(row)));
  }
  return lines;
}

}  // namespace dbot::report
