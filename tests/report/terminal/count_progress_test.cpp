#include "dbot/report/terminal/count_progress.h"

#include <gmock/gmock.h>

#include <memory>

namespace dbot::report {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// What is written, by a clock that the test moves.
struct Screen {
  explicit Screen(bool is_tty) {
    ProgressOptions options;
    options.is_tty = is_tty;
    options.columns = 60;
    progress = std::make_unique<CountProgress>(
        options, 2000, [this](std::string_view text) { written += text; },
        [this] { return seconds; });
  }
  double seconds = 100;
  std::string written;
  std::unique_ptr<CountProgress> progress;
};

TEST(CountProgress, OnATerminalRewritesOneLine) {
  Screen screen(true);
  screen.progress->update(0, "");
  EXPECT_THAT(screen.written, StartsWith("\r0 of 2,000 images"));
  screen.written.clear();
  screen.seconds += 0.01;
  screen.progress->update(10, "");
  EXPECT_THAT(screen.written, IsEmpty()) << "too soon";
  screen.seconds += 4;
  screen.progress->update(401, "3 broken");
  EXPECT_THAT(screen.written,
              StartsWith("\r401 of 2,000 images  100 images/s  left 16s  3 broken"));
  EXPECT_THAT(screen.written, Not(HasSubstr("\n")));
  screen.progress.reset();
  EXPECT_THAT(screen.written, EndsWith("\n"));
}

TEST(CountProgress, ElsewhereTellsEveryTenSecondsWithoutControlCharacters) {
  Screen screen(false);
  screen.progress->update(0, "");
  screen.seconds += 9;
  screen.progress->update(900, "");
  EXPECT_THAT(screen.written, IsEmpty()) << "short work leaves a log alone";
  screen.seconds += 2;
  screen.progress->update(1100, "");
  EXPECT_EQ(screen.written, "1,100 of 2,000 images  100 images/s  left 9s\n");
}

TEST(CountProgress, OfSeveralPassesBeginsALineForEach) {
  ProgressOptions options;
  options.is_tty = true;
  options.seconds_between_updates = 0;
  std::string written;
  const auto tell = counted_passes(options, [&](std::string_view text) { written += text; });
  tell({.done = 128, .total = 256});
  tell({.done = 250, .total = 256});  // six could not be read
  tell({.done = 64, .total = 100});
  tell({.done = 100, .total = 100});
  EXPECT_EQ(written,
            "\r128 of 256 images\x1b[K\r250 of 256 images\x1b[K\n"
            "\r64 of 100 images\x1b[K\r100 of 100 images\x1b[K\n");
  written.clear();
  tell({.done = 50, .total = 100});
  tell({.done = 128, .total = 300, .doing = "k-NN"});  // farther than the pass before ever was
  tell({.done = 300, .total = 300, .counted = core::Counted::steps, .doing = "linear probe"});
  EXPECT_EQ(written,
            "\r50 of 100 images\x1b[K\n\rk-NN  128 of 300 images\x1b[K\n"
            "\rlinear probe  300 of 300 steps\x1b[K\n");
}

TEST(CountProgress, OfBytesIsInUnitsAndShortWorkShowsNothingWhereAsked) {
  ProgressOptions options;
  options.is_tty = true;
  options.seconds_before_first = 1;
  std::string written;
  double seconds = 100;
  CountProgress progress(
      options, {.total = 1'200'000'000, .counted = core::Counted::bytes, .doing = "writing"},
      [&](std::string_view text) { written += text; }, [&] { return seconds; });
  progress.update(0, "");
  seconds += 0.9;
  progress.update(1'200'000'000, "");
  EXPECT_THAT(written, IsEmpty());
  seconds += 1.1;
  progress.update(400'000'000, "");
  EXPECT_THAT(written, StartsWith("\rwriting  400 MB of 1.20 GB  200 MB/s  left 4s"));
}

}  // namespace
}  // namespace dbot::report
