#include "dbot/core/error.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "dbot/core/error_context.h"

namespace dbot {
namespace {

TEST(ErrorFields, BecomeOneSentence) {
  EXPECT_EQ(to_text({.operation = "data",
                     .subject = "images/",
                     .fault = Fault::empty,
                     .reason = "is empty, expected images",
                     .way_out = "choose another folder"}),
            "[data] images/ is empty, expected images; choose another folder");
}

TEST(ErrorFields, AreLeftOutWhereTheyAreEmpty) {
  EXPECT_EQ(to_text({.operation = "train", .reason = "no step was finite"}),
            "[train] no step was finite");
  EXPECT_EQ(to_text({.subject = "tensor w", .reason = "has no elements"}),
            "tensor w has no elements");
  EXPECT_EQ(to_text({.reason = "it is too short"}), "it is too short");
  EXPECT_EQ(to_text({}), "");
}

TEST(ErrorFields, AReasonMayGoOnWithAColonOrAComma) {
  EXPECT_EQ(to_text({.operation = "weights", .subject = "a.pth", .reason = ": it is a tar file"}),
            "[weights] a.pth: it is a tar file");
  EXPECT_EQ(to_text({.subject = "x is \"none\"", .reason = ", which is no folder"}),
            "x is \"none\", which is no folder");
}

TEST(Error, KeepsItsFields) {
  try {
    throw DataError({.operation = "tar",
                     .subject = "a.tar",
                     .fault = Fault::truncated,
                     .reason = "ends within a member"});
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "[tar] a.tar ends within a member");
    EXPECT_EQ(error.fault(), Fault::truncated);
    EXPECT_EQ(error.fields().subject, "a.tar");
    EXPECT_EQ(dynamic_cast<const UsageError*>(&error), nullptr);
  }
}

TEST(DataErrorAbout, NamesTheFileAndKeepsFaultAndWayOut) {
  const DataError inner({.subject = "tensor w",
                         .fault = Fault::corrupt,
                         .reason = "is there twice",
                         .way_out = "save it again"});
  const DataError error = data_error_about("weights", "a.pth", inner);
  EXPECT_STREQ(error.what(), "[weights] a.pth: tensor w is there twice; save it again");
  EXPECT_EQ(error.fault(), Fault::corrupt);
  EXPECT_EQ(error.fields().way_out, "save it again");
}

TEST(DataErrorAbout, TakesAMessageAlone) {
  EXPECT_STREQ(data_error_about("checkpoint", "step-1", Error("it is gone")).what(),
               "[checkpoint] step-1: it is gone");
}

}  // namespace
}  // namespace dbot
