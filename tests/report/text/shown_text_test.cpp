#include "dbot/report/text/shown_text.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace dbot::report {
namespace {

TEST(ShownText, LeavesOrdinaryTextAlone) {
  for (const char* text : {"", "a b", "Blätter/日本語/файл.png", "<b>&'\"", "line\n\tnext", "😀"}) {
    EXPECT_EQ(shown_text(text), text);
  }
}

TEST(ShownText, ReplacesWhatHidesOrMisleads) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(shown_text("a\xE2\x80\xAEgnp.exe"), "a" + mark + "gnp.exe");  // right-to-left override
  EXPECT_EQ(shown_text("a\x1b[31mb"), "a" + mark + "[31mb");
  EXPECT_EQ(shown_text("a\xE2\x80\xA8"), "a" + mark);  // line separator
  EXPECT_EQ(shown_text(std::string("a\0b", 3)), "a" + mark + "b");
}

TEST(ShownText, IsAlwaysUtf8) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(shown_text("a\xff"), "a" + mark);
  EXPECT_EQ(shown_text("\xC0\xAF"), mark + mark) << "an overlong form";
  EXPECT_EQ(shown_text("\xED\xA0\x80"), mark + mark + mark) << "a surrogate";
  EXPECT_EQ(shown_text("\xF4\x90\x80\x80"), mark + mark + mark + mark) << "above U+10FFFF";
  EXPECT_EQ(shown_text("\xE2\x82"), mark + mark) << "cut off";
}

// What a shell makes of a word.
std::string through_shell(const std::string& word) {
  setenv("COMMAND", ("printf %s " + word).c_str(), 1);
  FILE* pipe = popen("exec bash -c \"$COMMAND\"", "r");
  std::string text;
  std::array<char, 256> block{};
  for (std::size_t count; (count = fread(block.data(), 1, block.size(), pipe)) > 0;) {
    text.append(block.data(), count);
  }
  pclose(pipe);
  return text;
}

TEST(ShellWord, MeansTheSameBytesToAShell) {
  for (const std::string text : {"runs/first", "two words", "it's", "$HOME `id` \\ \"x\"",
                                 "a;b&c|d", "*?[x]", "~", "é", "bad\xff\xfe bytes",
                                 "\xff"
                                 "abc",
                                 "tab\tand\nline", "'\xff'", "\\\xff", ""}) {
    EXPECT_EQ(through_shell(shell_word(text)), text) << shell_word(text);
    EXPECT_EQ(shown_text(shell_word(text)), shell_word(text)) << "it can be shown as it is";
  }
  EXPECT_EQ(shell_word("runs/first-1.x"), "runs/first-1.x");
}

// RFC 4648, section 10.
TEST(Base64, GivesTheVectorsOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

}  // namespace
}  // namespace dbot::report
