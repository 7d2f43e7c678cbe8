// Keys that one learning system has and another has not.
#include "dbot/run/recipe/system_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/run/recipe/recipe.h"

namespace dbot::run {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kMaskedDocument = "[schedule]\nepochs = 10\n";
constexpr const char* kClassifyingDocument =
    "[method]\nkind = \"classification\"\n[schedule]\nepochs = 10\n";

/// What reading says; empty if it refuses nothing.
std::string said_of(const std::string& toml, const std::vector<std::string>& assignments = {}) {
  try {
    read_recipe(toml, "test.toml", assignments);
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(SystemKeys, AreNamedWithTheSystemsThatHaveThem) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(systems_with("teacher.init"), Names{"masked_modeling"});
  EXPECT_EQ(systems_with("mask.ratio"),
            (Names{"masked_modeling", "mixture_separation", "image_text", "masked_clips"}));
  EXPECT_EQ(systems_with("head.pooling"), Names{"classification"});
  EXPECT_EQ(systems_with("train.batch_size"), methods::catalogue::kinds());
  EXPECT_EQ(systems_with("optimizer.momentum"), methods::catalogue::kinds());
  EXPECT_EQ(systems_with("mask"), Names());
  EXPECT_EQ(systems_with(""), Names());
}

TEST(SystemKeys, OfAnotherSystemAreRefusedByName) {
  EXPECT_EQ(said_of(std::string(kClassifyingDocument) + "[teacher]\nresize = \"bilinear\"\n"),
            "test.toml:6: teacher.resize belongs to method.kind \"masked_modeling\", and it is "
            "\"classification\" here; leave it out, or choose another method.kind");
  EXPECT_EQ(said_of(kMaskedDocument, {"head.pooling=cls"}),
            "[set] head.pooling belongs to method.kind \"classification\", and it is "
            "\"masked_modeling\" here; leave it out, or choose another method.kind");
  // An assignment chooses the system of the document, too.
  const std::string masked = std::string(kMaskedDocument) + "[mask]\nratio = 0.5\n";
  EXPECT_EQ(said_of(masked), "");
  EXPECT_THAT(said_of(masked, {"method.kind=classification"}),
              AllOf(HasSubstr("test.toml:4: mask.ratio"), HasSubstr("\"classification\" here")));
  EXPECT_EQ(said_of(kMaskedDocument, {"head.pooling=cls", "method.kind=classification"}), "");
}

TEST(SystemKeys, OfNoSystemAreUnknown) {
  for (const std::string& said :
       {said_of(kMaskedDocument, {"head.poolign=cls"}),
        said_of(std::string(kClassifyingDocument) + "[mask]\nratoi = 0.5\n")}) {
    EXPECT_THAT(said, AllOf(HasSubstr("is not a known"), Not(HasSubstr("belongs to"))));
  }
}

TEST(SystemKeys, AreNobodysWhereTheSystemIsMisspelt) {
  const std::string said = said_of("[method]\nkind = \"clasification\"\n[head]\npooling = \"cls\"");
  EXPECT_THAT(said, AllOf(HasSubstr("test.toml:2: method.kind is \"clasification\""),
                          HasSubstr("expected one of"), Not(HasSubstr("belongs to"))));
}

}  // namespace
}  // namespace dbot::run
