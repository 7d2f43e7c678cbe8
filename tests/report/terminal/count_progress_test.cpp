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
  tell(128, 256);
  tell(250, 256);  // six could not be read
  tell(64, 100);
  tell(100, 100);
  EXPECT_EQ(written,
            "\r128 of 256 images\x1b[K\r250 of 256 images\x1b[K\n"
            "\r64 of 100 images\x1b[K\r100 of 100 images\x1b[K\n");
}

}  // namespace
}  // namespace dbot::report
