#include "dbot/core/text_list.h"

#include <gtest/gtest.h>

namespace dbot::core {
namespace {

TEST(TextList, GivesItsTextsBack) {
  TextList texts;
  EXPECT_TRUE(texts.empty());
  texts.add("first");
  texts.add("");
  texts.add_path("folder", "a.jpg");
  texts.add_path("", "b.jpg");
  texts.shrink_to_fit();
  ASSERT_EQ(texts.size(), 4U);
  EXPECT_EQ(texts.front(), "first");
  EXPECT_EQ(texts[1], "");
  EXPECT_EQ(texts[2], "folder/a.jpg");
  EXPECT_EQ(texts[3], "b.jpg");
}

TEST(TextList, EqualTextsDividedOtherwiseDiffer) {
  TextList one, other;
  one.add("ab");
  one.add("c");
  other.add("a");
  other.add("bc");
  EXPECT_NE(one, other);
  EXPECT_EQ(one, TextList(one));
}

TEST(TextList, KeepsThoseThatAreWanted) {
  TextList texts;
  for (const char* text : {"a.jpg", "b.txt", "c.jpg"}) texts.add(text);
  const TextList kept = texts.filtered([](std::string_view text) { return text != "b.txt"; });
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0], "a.jpg");
  EXPECT_EQ(kept[1], "c.jpg");
}

}  // namespace
}  // namespace dbot::core
