#include "dbot/runtime/optional_module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "dbot/core/error.h"
#include "tests/core/temporary_folder.h"

namespace dbot::runtime {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const ModuleFile kFile{"libdbot_none.so", "dbot-none", "flying"};

std::string refusal(const std::vector<std::filesystem::path>& folders) {
  try {
    OptionalModule module(kFile, folders);
  } catch (const DataError&) {
    return "a data set is not at fault";
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(OptionalModule, AMissingOneIsNamedWithItsPackage) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(refusal({folder.path()}),
              AllOf(HasSubstr("flying needs libdbot_none.so"), HasSubstr(folder.path().string()),
                    HasSubstr("install the package dbot-none"), HasSubstr("DBOT_MODULES")));
}

TEST(OptionalModule, OneThatIsNoLibraryIsNamed) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "libdbot_none.so") << "no library";
  EXPECT_THAT(refusal({folder.path()}), HasSubstr("cannot be loaded"));
}

TEST(OptionalModule, IsLookedForInNamedFoldersFirst) {
  ::setenv("DBOT_MODULES", "/one::/two", 1);
  const auto folders = module_folders();
  ::unsetenv("DBOT_MODULES");
  ASSERT_GE(folders.size(), 4U);
  EXPECT_EQ(folders[0], "/one");
  EXPECT_EQ(folders[1], "/two");
  EXPECT_TRUE(folders[3].string().ends_with("lib/dbot"));
}

}  // namespace
}  // namespace dbot::runtime
