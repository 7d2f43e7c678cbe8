#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/house.h"
#include "tests/support/made_up_checkout.h"
#include "tests/support/source_rules.h"

namespace dbot::support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class IncludeOrder : public MadeUpCheckout {};

TEST_F(IncludeOrder, IncludingUpwardsOrWithinTheModuleIsFine) {
  write("dbot/core/error.h");
  write("dbot/nn/block.h", "#pragma once\n#include \"dbot/core/error.h\"\n#include <vector>\n");
  write("dbot/nn/block.cpp", "#include \"dbot/nn/block.h\"\n");
  write("apps/dbot/main.cpp", "#include \"dbot/nn/block.h\"\n");
  write("dbot/dbot.h", "#include \"dbot/nn/block.h\"\n");
  EXPECT_THAT(check_include_order(root_), IsEmpty());
}

TEST_F(IncludeOrder, AnIncludeOfALowerModuleIsFound) {
  write("dbot/train/trainer.h");
  write("dbot/nn/block.h", "#pragma once\n\n  # include \"dbot/train/trainer.h\"  // why\n");
  EXPECT_THAT(check_include_order(root_),
              ElementsAre(HasSubstr("dbot/nn/block.h:3: \"dbot/train/trainer.h\" is in a module "
                                    "below this one")));
}

TEST_F(IncludeOrder, AModuleNeverIncludesTheCommandLine) {
  write("apps/dbot/commands.h");
  write("dbot/run/recipe/recipe.cpp", "#include \"apps/dbot/commands.h\"\n");
  EXPECT_THAT(check_include_order(root_), ElementsAre(HasSubstr("below this one")));
}

TEST_F(IncludeOrder, UnknownFoldersAndPathsAreFound) {
  write("dbot/helpers/tools.h");
  write("dbot/nn/cellar/tools.h");
  write("dbot/nn/block.cpp", "#include \"block.h\"\n#include \"dbot/nn/gone.h\"\n");
  EXPECT_THAT(check_include_order(root_),
              ElementsAre(HasSubstr("dbot/helpers/tools.h:1: its folder is no room"),
                          HasSubstr("\"block.h\" is in no known room"),
                          HasSubstr("\"dbot/nn/gone.h\" does not exist"),
                          HasSubstr("dbot/nn/cellar/tools.h:1: its folder is no room")));
}

TEST_F(IncludeOrder, ARoomIncludesOnlyRoomsAboveIt) {
  write("dbot/nn/parameters.h");
  write("dbot/nn/vit/config.h", "#pragma once\n#include \"dbot/nn/parameters.h\"\n");
  write("dbot/nn/vit/parts/head.h", "#pragma once\n#include \"dbot/nn/vit/config.h\"\n");
  write("dbot/nn/vit/network.h", "#pragma once\n#include \"dbot/nn/vit/parts/head.h\"\n");
  EXPECT_THAT(check_include_order(root_), IsEmpty());

  write("dbot/nn/linear.h", "#pragma once\n#include \"dbot/nn/vit/config.h\"\n");
  EXPECT_THAT(check_include_order(root_),
              ElementsAre(HasSubstr("dbot/nn/linear.h:2: \"dbot/nn/vit/config.h\" is in the room "
                                    "'vit', below '.'")));
}

TEST_F(IncludeOrder, AUnitAtTheRootMayBeARoom) {
  write("dbot/train/plan.h");
  write("dbot/train/trainer.h");
  write("dbot/train/checkpoint/manifest.h", "#pragma once\n#include \"dbot/train/plan.h\"\n");
  write("dbot/train/trainer.cpp", "#include \"dbot/train/checkpoint/manifest.h\"\n");
  write("dbot/methods/catalogue.h");
  write("dbot/methods/catalogue_make.cpp", "#include \"dbot/methods/catalogue.h\"\n");
  EXPECT_THAT(check_include_order(root_), IsEmpty());

  write("dbot/train/plan.cpp", "#include \"dbot/train/trainer.h\"\n");
  write("dbot/train/checkpoint/saver.cpp", "#include \"dbot/train/trainer.h\"\n");
  EXPECT_THAT(check_include_order(root_),
              ElementsAre(HasSubstr("room '.', below 'checkpoint'"),
                          HasSubstr("dbot/train/plan.cpp:1: \"dbot/train/trainer.h\" is in the "
                                    "room '.', below 'plan.h'")));
}

TEST(House, EveryModuleHasAPlace) {
  ASSERT_FALSE(modules_in_order().empty());
  EXPECT_EQ(modules_in_order().front().name, "core");
  EXPECT_FALSE(place_of("dbot/dbot.h"));
  EXPECT_FALSE(place_of("tests/nn/block_test.cpp"));
  EXPECT_TRUE(place_of("apps/dbot/commands/embed.cpp"));
}

}  // namespace
}  // namespace dbot::support
