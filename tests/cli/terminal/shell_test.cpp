// Completion scripts and the man page, tried by the programs that read them.
#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "tests/cli/support/program.h"

namespace dbot::cli_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

bool installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

/// Output of a shell command, both streams.
std::string output_of(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "";
  std::string text;
  std::array<char, 4096> buffer{};
  for (std::size_t count = 0; (count = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    text.append(buffer.data(), count);
  }
  pclose(pipe);
  return text;
}

class BashCompletion : public testing::Test {
 protected:
  void SetUp() override {
    const Result script = dbot({"completion", "bash"});
    ASSERT_EQ(script.exit_code, 0) << script.err;
    write_file(folder_ / "dbot.bash", script.out);
    write_file(folder_ / "ours.toml", "");
    std::filesystem::create_directory(folder_.path() / "ours");
  }

  /// What bash offers for the words, the last one unfinished; one a line.
  std::string offered(const std::string& words) {
    const std::string script =
        "cd '" + folder_.path().string() + "'; source ./dbot.bash; COMP_WORDS=(" + words +
        "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _dbot; printf '%s\\n' \"${COMPREPLY[@]}\"";
    write_file(folder_ / "try.bash", script);
    return output_of("bash --norc '" + (folder_ / "try.bash") + "'");
  }

  TemporaryFolder folder_;
};

TEST_F(BashCompletion, OffersCommandsOptionsAndValues) {
  EXPECT_EQ(offered("dbot pretr"), "pretrain\n");
  EXPECT_EQ(offered("dbot recipes sh"), "show\n");
  EXPECT_THAT(offered("dbot pretrain dbot/quick --pre"), HasSubstr("--precision"));
  EXPECT_EQ(offered("dbot pretrain dbot/quick --precision b"), "bf16\n");
  EXPECT_EQ(offered("dbot pretrain dbot/quick --precision = f"), "fp32\n");
  EXPECT_EQ(offered("dbot evaluate li"), "linear\n");
  EXPECT_EQ(offered("dbot pretrain dbot/qu"), "dbot/quick\n");
  EXPECT_EQ(offered("dbot recipes show mae/ti"), "mae/tiny-32\n");
  EXPECT_EQ(offered("dbot completion z"), "zsh\n");
}

TEST_F(BashCompletion, OffersKeysOfRecipesAndTheirValues) {
  EXPECT_EQ(offered("dbot pretrain dbot/quick --set optimizer.base"), "optimizer.base_lr=\n");
  EXPECT_THAT(offered("dbot pretrain dbot/quick --set train."),
              AllOf(HasSubstr("train.batch_size=\n"), HasSubstr("train.accumulate=\n"),
                    Not(HasSubstr("model."))));
  EXPECT_EQ(offered("dbot pretrain dbot/quick --set train.precision ="), "auto\nfp32\nbf16\n");
  EXPECT_EQ(offered("dbot pretrain dbot/quick --set train.precision = b"), "bf16\n");
  EXPECT_EQ(offered("dbot pretrain dbot/quick --set report.pictures = f"), "false\n");
  EXPECT_EQ(offered("dbot pretrain --set train.seed = 3 dbot/qu"), "dbot/quick\n");
}

TEST_F(BashCompletion, OffersKeysOfTheRecipesSystem) {
  EXPECT_EQ(offered("dbot pretrain dbot/quick --set mask.k"), "mask.kind=\n");
  EXPECT_EQ(offered("dbot pretrain dbot/quick --set head.p"), "\n");
  EXPECT_EQ(offered("dbot pretrain finetune/small --set head.p"), "head.pooling=\n");
  EXPECT_EQ(offered("dbot evaluate finetune --recipe = finetune/small --set mask.k"), "\n");
  EXPECT_EQ(offered("dbot pretrain dbot/quick --set method.kind = classification --set head.p"),
            "head.pooling=\n");
  // Of a file nobody knows, so that it may be of any system.
  EXPECT_EQ(offered("dbot pretrain ours.toml --set head.p"), "head.pooling=\n");
  EXPECT_EQ(offered("dbot pretrain ours.toml --set mask.ki"), "mask.kind=\n");
}

TEST_F(BashCompletion, OffersFilesAndFolders) {
  EXPECT_THAT(offered("dbot pretrain our"), HasSubstr("ours.toml"));
  EXPECT_EQ(offered("dbot pretrain x --out our"), "ours\n");
  EXPECT_THAT(offered("dbot inspect our"), AllOf(HasSubstr("ours.toml"), HasSubstr("ours\n")));
  EXPECT_EQ(offered("dbot report ours our"), "ours\n");
  // Behind an option with a value the place of the arguments is not lost.
  EXPECT_THAT(offered("dbot pretrain --data ours dbot/vit-"), HasSubstr("dbot/vit-b16"));
}

TEST(Completion, IsGoodZshAndFish) {
  const TemporaryFolder folder;
  write_file(folder / "_dbot", dbot({"completion", "zsh"}).out);
  write_file(folder / "dbot.fish", dbot({"completion", "fish"}).out);
  EXPECT_EQ(dbot({"completion", "tcsh"}).exit_code, 2);
  if (!installed("zsh") || !installed("fish")) GTEST_SKIP() << "zsh or fish is not installed";
  EXPECT_EQ(output_of("zsh -n '" + (folder / "_dbot") + "'"), "");
  EXPECT_EQ(output_of("zsh -f -c 'autoload -U compinit; compinit -D; source \"" +
                      (folder / "_dbot") + "\"; whence -w _dbot; print $_comps[dbot]'"),
            "_dbot: function\n_dbot\n");
  const std::string fish = output_of(
      "fish --no-config -c 'source \"" + (folder / "dbot.fish") +
      "\"; complete -C \"dbot pretr\"; complete -C \"dbot pretrain --precision b\"; complete -C "
      "\"dbot pretrain --set mask.k\"; complete -C \"dbot pretrain dbot/quick --set head.p\"'");
  EXPECT_THAT(fish, AllOf(HasSubstr("pretrain"), HasSubstr("bf16"), HasSubstr("mask.kind=random"),
                          Not(HasSubstr("head.pooling"))));
}

TEST(ManPage, HasEveryCommandAndNoWarning) {
  const Result page = dbot({"man"});
  ASSERT_EQ(page.exit_code, 0) << page.err;
  EXPECT_THAT(page.out, AllOf(HasSubstr(".TH DBOT 1"), HasSubstr("dbot pretrain"),
                              HasSubstr("dbot recipes show"), HasSubstr("\\-\\-resume")));
  const TemporaryFolder folder;
  write_file(folder / "dbot.1", page.out);
  bool linted = false;
  if (installed("groff")) {
    EXPECT_EQ(output_of("groff -man -ww -z -Kutf8 '" + (folder / "dbot.1") + "'"), "");
    linted = true;
  }
  if (installed("mandoc")) {
    EXPECT_EQ(output_of("mandoc -T lint -W warning '" + (folder / "dbot.1") + "'"), "");
    linted = true;
  }
  if (!linted) GTEST_SKIP() << "neither groff nor mandoc is installed";
}

}  // namespace
}  // namespace dbot::cli_test
