#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/made_up_checkout.h"
#include "tests/support/source_rules.h"

namespace dbot::support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HouseRules : public MadeUpCheckout {};

TEST_F(HouseRules, EveryRuleAboutAFileIsChecked) {
  std::string long_text;
  for (int line = 0; line < 501; ++line) long_text += "// line\n";
  write("dbot/nn/bare.h", "#include <ATen/ATen.h>\n");
  write("dbot/nn/heavy.cpp", "#include <torch/torch.h>\n#ifdef FAST\n#endif\n");
  write("dbot/nn/long.cpp", long_text);
  EXPECT_THAT(check_house_rules(root_),
              ElementsAre(HasSubstr("dbot/nn/bare.h:1: a header without"),
                          HasSubstr("dbot/nn/bare.h:1: ATen/ATen.h in a header"),
                          HasSubstr("dbot/nn/heavy.cpp:1: torch/torch.h"),
                          HasSubstr("dbot/nn/heavy.cpp:2: conditional compilation"),
                          HasSubstr("501 lines, expected at most 500")));
}

TEST_F(HouseRules, ConditionalCompilationBelongsToKernelsAndRuntime) {
  write("dbot/ops/cpu/gelu.cpp", "#ifdef __AVX2__\n#endif\n");
  write("dbot/runtime/machine.cpp", "#if defined(__x86_64__)\n#endif\n");
  write("dbot/data/kernels/blur.cpp", "#if HWY_ONCE\n#endif\n");
  EXPECT_THAT(check_house_rules(root_), IsEmpty());
}

TEST_F(HouseRules, AFullFolderIsFound) {
  for (int file = 0; file < 30; ++file) write("tests/nn/test" + std::to_string(file) + ".cpp");
  write("tests/nn/vit/test.cpp");
  write("tests/nn/numbers.json");
  EXPECT_THAT(check_house_rules(root_), IsEmpty());
  write("tests/nn/support.h");
  EXPECT_THAT(check_house_rules(root_), ElementsAre(HasSubstr("tests/nn: 31 headers")));
}

class WhatModulesKnow : public MadeUpCheckout {};

TEST_F(WhatModulesKnow, DataAsksNoDataSetForItsType) {
  const std::string cast = "auto* folder = dynamic_cast<const Folder*>(&images);\n";
  write("dbot/data/loader/loader.cpp", cast);
  write("dbot/train/trainer.cpp", cast);
  EXPECT_THAT(check_what_modules_know(root_),
              ElementsAre(HasSubstr("dbot/data/loader/loader.cpp:1: dynamic_cast")));
}

TEST_F(WhatModulesKnow, OnlyMethodsNameALearningSystem) {
  write("dbot/methods/catalogue.h", "#include \"dbot/methods/masked_modeling/config.h\"\n");
  write("dbot/report/page/page.h", "#include \"dbot/methods/masked_modeling/config.h\"\n");
  write("dbot/run/stored/replay.cpp", "\nmethods::MaskedModeling method(config);\n");
  EXPECT_THAT(check_what_modules_know(root_),
              ElementsAre(HasSubstr("dbot/report/page/page.h:1: a learning system by name"),
                          HasSubstr("dbot/run/stored/replay.cpp:2: a learning system by name")));
}

TEST_F(WhatModulesKnow, TheLibraryNamesNoOptionOfTheCommandLine) {
  write("apps/dbot/commands/embed.cpp", "app.add_option(\"--model\");\n");
  write("dbot/report/page/page.cpp",
        "// With \"--json\" the last line is one object.\n"
        "text += \"color: var(--ink)\";\n"
        "for (int i = 9; i--;) text += \" -- \";\n");
  EXPECT_THAT(check_what_modules_know(root_), IsEmpty());
  write("dbot/train/run_folder.cpp",
        "throw Error(\"the run exists; --resume goes on\");\n\n"
        "throw Error(\"--resume goes on\");\n"
        "throw Error(\"a\" + name + \"; give it with --out\");\n");
  EXPECT_THAT(check_what_modules_know(root_),
              ElementsAre(HasSubstr("run_folder.cpp:1: an option of the command line"),
                          HasSubstr("run_folder.cpp:3: an option of the command line"),
                          HasSubstr("run_folder.cpp:4: an option of the command line")));
}

class DocumentLinks : public MadeUpCheckout {};

TEST_F(DocumentLinks, BrokenOnesAreFound) {
  write("docs/there.md", "[up](../README.md) [here](#part) [web](https://example.org/a)\n");
  write("README.md", "[a](docs/there.md#part) [b](docs/gone.md)\n```\n[c](gone)\n```\n");
  write("dbot/nn/README.md", "[a](../../docs/there.md) [b](vit/README.md)\n");
  EXPECT_THAT(check_document_links(root_),
              ElementsAre(HasSubstr("dbot/nn/README.md:1: the link to vit/README.md leads nowhere"),
                          HasSubstr("README.md:1: the link to docs/gone.md leads nowhere")));
}

}  // namespace
}  // namespace dbot::support
