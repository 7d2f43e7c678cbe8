// Limits of the system on one process: the size of files, and what its memory is.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::faults {
namespace {

using cli_test::Result;
using cli_test::Workshop;
using testing::AllOf;
using testing::HasSubstr;

/// ulimit -f for programs started meanwhile. The test's own files stay small.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(FileSizeLimits, AreAsAFullDisk) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("straight").exit_code, 0);
  const std::vector<std::string> more{"--resume", "--set", "checkpoint.retry_seconds=0.1"};
  {
    const FileSizeLimit limit(16 << 10);
    const Result result = shop.pretrain("run", more);
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_THAT(result.err, AllOf(HasSubstr("File too large"), HasSubstr("steps are lost")));
  }
  const Result result = shop.pretrain("run", more);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(shop.model("run") == shop.model("straight"));
}

TEST(FileSizeLimits, OfTheResultAreAFailure) {
  const FileSizeLimit limit(1 << 10);
  const Result result = cli_test::dbot({"recipes", "keys"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("[stdout]"));
}

// What the system says of a process survives exec: a large parent would count.
TEST(PeakMemory, IsThatOfTheProgramAlone) {
  const Workshop shop;
  const auto peak = [&](const std::string& name) {
    const Result result = shop.pretrain(name, {"--steps", "2", "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out)["peak_memory_bytes"].get<double>();
  };
  const double alone = peak("alone");
  const std::vector<char> ballast(std::size_t{1} << 30, 'x');
  EXPECT_LT(peak("beside"), 1.3 * alone + 64e6) << ballast.size();
}

}  // namespace
}  // namespace dbot::faults
