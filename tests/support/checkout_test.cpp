#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

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

/// Complaints but those that contain one of the texts: places known to break a rule, to be mended.
Complaints but_for(Complaints complaints, const std::vector<std::string>& known) {
  std::erase_if(complaints, [&](const std::string& complaint) {
    return std::ranges::any_of(
        known, [&](const std::string& text) { return complaint.find(text) != std::string::npos; });
  });
  return complaints;
}

TEST(Checkout, ModulesAndRoomsIncludeOnlyThoseAboveThem) {
  ASSERT_TRUE(fs::exists(checkout() / "dbot/core/error.h"))
      << "start this from the checkout's root";
  EXPECT_THAT(but_for(check_include_order(checkout()), {"dbot/data/sources/pack/pack.cpp"}),
              IsEmpty());
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
