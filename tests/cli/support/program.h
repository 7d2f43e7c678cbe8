#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/core/temporary_folder.h"

// Runs the built program as its users do.
namespace dbot::cli_test {

struct Result {
  int exit_code = -1;  // 128 + signal if it was killed
  std::string out, err;
};

/// A program under way; its output goes to files under `folder`.
class Program {
 public:
  /// `out`: where stdout goes instead; "-" closes it.
  Program(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
          const std::string& out = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  bool running();
  void send(int signal) const;
  /// Programs that it has started and that run now, in the order of their numbers.
  std::vector<pid_t> children() const;
  Result wait();

 private:
  pid_t process_ = -1;
  int status_ = 0;
  bool ended_ = false;
  std::filesystem::path out_, err_;
};

/// To its end.
Result dbot(const std::vector<std::string>& arguments, const std::string& out = {});

/// With a Ctrl-C that waits for it from its first moment.
Result dbot_interrupted(const std::vector<std::string>& arguments);

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& content);

/// One whose paths are texts, as a command line takes them.
class TemporaryFolder : public test::TemporaryFolder {
 public:
  std::string operator/(const std::string& name) const { return (path() / name).string(); }
};

}  // namespace dbot::cli_test
