#include "dbot/report/terminal/progress_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace dbot::report {
namespace {

constexpr std::string_view gap = "  ";

struct Part {
  int importance = 0;  // the lowest goes first
  std::string text;
};

/// With a plus, how much of the next step is done.
std::string step_text(const ProgressFigures& figures) {
  const std::string steps = fmt::format("step {}/{}", figures.step, figures.steps);
  if (figures.micro_batch == 0) return steps;
  return fmt::format("{} + {}/{}", steps, figures.micro_batch, figures.micro_batches);
}

std::vector<Part> parts_of(const ProgressFigures& figures) {
  std::vector<Part> parts;
  const auto add = [&](int importance, bool known, std::string text) {
    if (known) parts.push_back({importance, std::move(text)});
  };
  add(7, figures.stages > 1, fmt::format("stage {}/{}", figures.stage, figures.stages));
  add(6, true, fmt::format("epoch {:.1f}/{:.6g}", figures.epoch, figures.epochs));
  add(8, true, step_text(figures));
  add(10, figures.loss >= 0, fmt::format("loss {:.4f}", figures.loss));
  add(2, figures.gradient_norm >= 0, fmt::format("grad {:.3g}", figures.gradient_norm));
  add(1, figures.learning_rate >= 0, fmt::format("lr {:.1e}", figures.learning_rate));
  add(5, figures.images_per_second >= 0,
      fmt::format("{:.{}f} images/s", figures.images_per_second,
                  figures.images_per_second < 10 ? 1 : 0));
  add(3, figures.data_wait_fraction >= 0,
      fmt::format("data wait {:.0f}%", 100 * figures.data_wait_fraction));
  add(0, figures.batches_ready >= 0 && figures.batches_ahead > 0,
      fmt::format("queue {:.1f}/{}", figures.batches_ready, figures.batches_ahead));
  add(4, figures.skipped_steps > 0, fmt::format("skipped {}", figures.skipped_steps));
  add(9, figures.seconds_left >= 0, "left " + duration_text(figures.seconds_left));
  return parts;
}

std::string join(const std::vector<Part>& parts) {
  std::string line;
  for (const Part& part : parts) {
    if (!line.empty()) line += gap;
    line += part.text;
  }
  return line;
}

}  // namespace

std::string progress_text(const ProgressFigures& figures, int columns) {
  std::vector<Part> parts = parts_of(figures);
  std::string line = join(parts);
  if (columns <= 0) return line;
  const auto room = static_cast<std::size_t>(columns);
  while (line.size() > room && parts.size() > 1) {
    parts.erase(std::ranges::min_element(parts, {}, &Part::importance));
    line = join(parts);
  }
  return line.substr(0, room);
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds > 1e9) return "?";
  const auto total = static_cast<std::int64_t>(std::llround(std::max(seconds, 0.0)));
  const std::int64_t minutes = total / 60, hours = minutes / 60, days = hours / 24;
  if (days > 0) return fmt::format("{}d{:02}h", days, hours % 24);
  if (hours > 0) return fmt::format("{}h{:02}m", hours, minutes % 60);
  if (minutes > 0) return fmt::format("{}m{:02}s", minutes, total % 60);
  return fmt::format("{}s", total);
}

std::string printable(std::string_view text) {
  std::string result(text);
  // Unicode's second block of control characters, U+0080 to U+009F, is two bytes in UTF-8.
  for (std::size_t i = 0; i + 1 < result.size(); ++i) {
    const auto second = static_cast<unsigned char>(result[i + 1]);
    if (result[i] == '\xC2' && second >= 0x80 && second < 0xA0) result.replace(i, 2, "?");
  }
  std::ranges::replace_if(
      result,
      [](char letter) {
        const auto byte = static_cast<unsigned char>(letter);
        return (byte < 0x20 && letter != '\n') || byte == 0x7F;
      },
      '?');
  return result;
}

}  // namespace dbot::report
