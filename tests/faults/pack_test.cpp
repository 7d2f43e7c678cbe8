// Packing on a disk that fills up, in a process that is killed.
#include <gmock/gmock.h>
#include <signal.h>

#include <map>

#include "tests/cli/support/environment.h"
#include "tests/cli/support/tiny_run.h"

namespace dbot::faults {
namespace {

namespace fs = std::filesystem;
using cli_test::Environment;
using cli_test::Result;
using testing::HasSubstr;

/// 30 images, and a place for packs of them.
struct PackPlace {
  PackPlace() {
    cli_test::write_png_folder(folder / "images", 30);
    fs::create_directory(folder / "place");
  }
  Result pack(const std::string& name) const {
    return cli_test::dbot({"data", "pack", folder / "images", folder / ("place/" + name),
                           "--shard-size", "900", "--workers", "1"});
  }
  Result pack(const std::string& name, const std::string& faults) const {
    const Environment environment({{"LD_PRELOAD", DBOT_FAULT_SHIM},
                                   {"ASAN_OPTIONS", "verify_asan_link_order=0"},
                                   {"DBOT_FAULTS", faults},
                                   {"DBOT_FAULTS_ROOT", folder / "place"}});
    return pack(name);
  }
  std::map<std::string, std::string> content(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder / ("place/" + name))) {
      files[entry.path().filename()] = cli_test::read_file(entry.path());
    }
    return files;
  }
  cli_test::TemporaryFolder folder;
};

/// Packing suffers a fault and is begun again without.
void expect_same_end(const PackPlace& place, const std::string& faults, int exit_code,
                     const std::string& message) {
  const Result stopped = place.pack("again", faults);
  EXPECT_EQ(stopped.exit_code, exit_code) << faults << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr(message)) << faults;
  EXPECT_FALSE(fs::exists(place.folder / "place/again")) << faults;
  const Result result = place.pack("again");
  EXPECT_EQ(result.exit_code, 0) << faults << result.err;
  EXPECT_TRUE(place.content("again") == place.content("straight")) << faults;
  EXPECT_FALSE(fs::exists(place.folder / "place/again.partial")) << faults;
  fs::remove_all(place.folder / "place/again");
}

TEST(PackProgram, AFullDiskLeavesNoHalfPackAndTheSameCommandGoesOn) {
  const PackPlace place;
  ASSERT_EQ(place.pack("straight").exit_code, 0);
  for (const char* plan :
       {"ENOSPC@write:1+100000", "ENOSPC@write:25+100000", "ENOSPC@sync:6+100000",
        "ENOSPC@open:9+100000", "ENOSPC@rename:4+100000"}) {
    expect_same_end(place, plan, 1, "No space left");
  }
}

TEST(PackProgram, KilledAnywhereItGoesOnToTheSameEnd) {
  const PackPlace place;
  ASSERT_EQ(place.pack("straight").exit_code, 0);
  for (const char* plan :
       {"KILL@write:3", "KILL@write:30", "KILL@sync:5", "KILL@rename:4", "KILL@any:60"}) {
    expect_same_end(place, plan, 128 + SIGKILL, "");
  }
}

}  // namespace
}  // namespace dbot::faults
