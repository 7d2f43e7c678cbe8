#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/source_rules.h"

namespace fs = std::filesystem;

// The rules on this checkout. ctest starts the test programs in its root.
namespace dbot::support {
namespace {

using testing::IsEmpty;

const fs::path& checkout() {
  static const fs::path root = fs::current_path();
  return root;
}

TEST(Checkout, ModulesAndRoomsIncludeOnlyThoseAboveThem) {
  ASSERT_TRUE(fs::exists(checkout() / "dbot/core/error.h"))
      << "start this from the checkout's root";
  EXPECT_THAT(check_include_order(checkout()), IsEmpty());
}

TEST(Checkout, HouseRulesHold) {
  EXPECT_THAT(check_house_rules(checkout()), IsEmpty());
}

TEST(Checkout, ModulesKnowOnlyWhatIsTheirs) {
  EXPECT_THAT(check_what_modules_know(checkout()), IsEmpty());
}

TEST(Checkout, LinksInDocumentsLeadSomewhere) {
  EXPECT_THAT(check_document_links(checkout()), IsEmpty());
}

}  // namespace
}  // namespace dbot::support
