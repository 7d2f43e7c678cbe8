#include "dbot/core/files/append_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "tests/core/temporary_folder.h"

namespace dbot::core {
namespace {

/// Lets files of this process grow to `bytes` and no further: a full disk.
void limit_files(rlim_t bytes) {
  const rlimit limit{bytes, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

/// What `work` finds out in a process of its own, as limits cannot be taken back from others.
template <typename Work>
int in_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::_exit(work());
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(AppendFile, AddsToWhatIsThere) {
  const test::TemporaryFolder folder;
  write_file_synced(folder / "log", "one\n");
  AppendFile file(folder / "log");
  EXPECT_TRUE(file.append("two\n"));
  EXPECT_TRUE(file.append(""));
  EXPECT_EQ(read_text_file(folder / "log"), "one\ntwo\n");
  EXPECT_THROW(AppendFile(folder / "missing/log"), Error);
}

TEST(AppendFile, KeepsWhatADiskDoesNotTakeAndWritesItLaterWithoutHoles) {
  const test::TemporaryFolder folder;
  const int code = in_child([&] {
    AppendFile file(folder / "log");
    limit_files(6);
    if (file.append("one\n") != true) return 1;
    if (file.append("two\n")) return 2;  // half of it fits
    if (file.append("three\n") || file.waiting() != 2 || file.problem().empty()) return 3;
    limit_files(RLIM_INFINITY);
    return file.append("four\n") && file.waiting() == 0 && file.problem().empty() ? 0 : 4;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(read_text_file(folder / "log"), "one\ntwo\nthree\nfour\n");
}

TEST(AppendFile, DropsTheOldestWaitingRecordsButCompletesATornOne) {
  const test::TemporaryFolder folder;
  const int code = in_child([&] {
    AppendFile file(folder / "log", /*keep_bytes=*/8);
    limit_files(2);
    for (const char* record : {"aaa\n", "bbb\n", "ccc\n", "ddd\n"}) {
      if (file.append(record)) return 1;
    }
    if (file.dropped() != 2) return 2;
    limit_files(RLIM_INFINITY);
    return file.flush() ? 0 : 3;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(read_text_file(folder / "log"), "aaa\nddd\n");
}

}  // namespace
}  // namespace dbot::core
