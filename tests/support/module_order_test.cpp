#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <string_view>

#include "tests/support/source_rules.h"

namespace fs = std::filesystem;

namespace dbot::support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The checkout: ctest starts the test programs there.
fs::path checkout() {
  return fs::current_path();
}

/// A checkout made up for one test, removed with it.
class MadeUpCheckout : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::temp_directory_path() /
            ("dbot_source_rules_" + std::string(test->name()) + std::to_string(::getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& file, std::string_view text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }

  fs::path root_;
};

TEST(SourceRules, ModulesIncludeOnlyModulesAboveThem) {
  ASSERT_TRUE(fs::exists(checkout() / "dbot/core/error.h"))
      << "start this from the checkout's root";
  EXPECT_THAT(check_include_order(checkout()), IsEmpty());
}

TEST(SourceRules, HouseRulesHold) {
  EXPECT_THAT(check_house_rules(checkout()), IsEmpty());
}

TEST(SourceRules, LinksInDocumentsLeadSomewhere) {
  EXPECT_THAT(check_document_links(checkout()), IsEmpty());
}

TEST_F(MadeUpCheckout, IncludingUpwardsOrWithinTheModuleIsFine) {
  write("dbot/core/error.h", "#pragma once\n");
  write("dbot/nn/block.h", "#pragma once\n#include \"dbot/core/error.h\"\n#include <vector>\n");
  write("dbot/nn/block.cpp", "#include \"dbot/nn/block.h\"\n");
  write("apps/dbot/main.cpp", "#include \"dbot/nn/block.h\"\n");
  write("dbot/dbot.h", "#include \"dbot/nn/block.h\"\n");
  EXPECT_THAT(check_include_order(root_), IsEmpty());
}

TEST_F(MadeUpCheckout, AnIncludeOfALowerModuleIsFound) {
  write("dbot/train/trainer.h", "#pragma once\n");
  write("dbot/nn/block.h", "#pragma once\n\n  # include \"dbot/train/trainer.h\"  // why\n");
  EXPECT_THAT(check_include_order(root_),
              ElementsAre(HasSubstr("dbot/nn/block.h:3: \"dbot/train/trainer.h\" is in a module "
                                    "below this one")));
}

TEST_F(MadeUpCheckout, AModuleNeverIncludesTheCommandLine) {
  write("apps/dbot/command.h", "#pragma once\n");
  write("dbot/run/run.cpp", "#include \"apps/dbot/command.h\"\n");
  EXPECT_THAT(check_include_order(root_), ElementsAre(HasSubstr("below this one")));
}

TEST_F(MadeUpCheckout, UnknownFoldersAndPathsAreFound) {
  write("dbot/helpers/tools.h", "#pragma once\n");
  write("dbot/nn/block.cpp", "#include \"block.h\"\n#include \"dbot/nn/gone.h\"\n");
  EXPECT_THAT(check_include_order(root_),
              ElementsAre(HasSubstr("dbot/helpers/tools.h:1: its folder is not"),
                          HasSubstr("\"block.h\" is not in a known module"),
                          HasSubstr("\"dbot/nn/gone.h\" does not exist")));
}

TEST_F(MadeUpCheckout, EveryHouseRuleIsChecked) {
  std::string long_text;
  for (int line = 0; line < 601; ++line) long_text += "// line\n";
  write("dbot/nn/bare.h", "#include <ATen/ATen.h>\n");
  write("dbot/nn/heavy.cpp", "#include <torch/torch.h>\n#ifdef FAST\n#endif\n");
  write("dbot/nn/long.cpp", long_text);
  EXPECT_THAT(check_house_rules(root_),
              ElementsAre(HasSubstr("dbot/nn/bare.h:1: a header without"),
                          HasSubstr("dbot/nn/bare.h:1: ATen/ATen.h in a header"),
                          HasSubstr("dbot/nn/heavy.cpp:1: torch/torch.h"),
                          HasSubstr("dbot/nn/heavy.cpp:2: conditional compilation"),
                          HasSubstr("601 lines, expected at most 600")));
}

TEST_F(MadeUpCheckout, ConditionalCompilationBelongsToOpsAndRuntime) {
  write("dbot/ops/gelu_cpu.cpp", "#ifdef __AVX2__\n#endif\n");
  write("dbot/runtime/machine.cpp", "#if defined(__x86_64__)\n#endif\n");
  EXPECT_THAT(check_house_rules(root_), IsEmpty());
}

TEST_F(MadeUpCheckout, BrokenLinksAreFound) {
  write("docs/there.md", "[up](../README.md) [here](#part) [web](https://example.org/a)\n");
  write("README.md", "[a](docs/there.md#part) [b](docs/gone.md)\n```\n[c](gone)\n```\n");
  EXPECT_THAT(check_document_links(root_),
              ElementsAre(HasSubstr("README.md:1: the link to docs/gone.md leads nowhere")));
}

}  // namespace
}  // namespace dbot::support
