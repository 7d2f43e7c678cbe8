// Wrong usage and wrong recipes: exit code 2, a message that names the thing and the way out.
#include <gmock/gmock.h>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

void expect_usage_error(const Result& result, const std::vector<std::string>& words) {
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.out, IsEmpty());
  for (const std::string& word : words) EXPECT_THAT(result.err, HasSubstr(word));
}

TEST(Usage, HelpAndVersionGoToStdout) {
  const Result help = dbot({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("pretrain"), HasSubstr("evaluate"), HasSubstr("doctor")));
  EXPECT_THAT(help.err, IsEmpty());
  const Result of_command = dbot({"pretrain", "--help"});
  EXPECT_EQ(of_command.exit_code, 0);
  EXPECT_THAT(of_command.out, HasSubstr("--resume"));
  for (const char* word : {"--version", "-v", "-V"}) {
    EXPECT_THAT(dbot({word}).out, StartsWith("dbot ")) << word;
  }
}

TEST(Usage, HelpIsWhatPeopleExpect) {
  const std::string all = dbot({"--help"}).out;
  for (const std::vector<std::string>& words : {std::vector<std::string>{}, {"help"}, {"-h"}}) {
    const Result help = dbot(words);
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_EQ(help.out, all);
  }
  EXPECT_EQ(dbot({"help", "pretrain"}).out, dbot({"pretrain", "--help"}).out);
  EXPECT_EQ(dbot({"help", "data", "check"}).out, dbot({"data", "check", "--help"}).out);
  expect_usage_error(dbot({"help", "pretain"}), {"pretain", "pretrain"});
}

TEST(Usage, SuggestsWhatIsMeant) {
  const Workshop shop;
  const auto train = [&](const std::vector<std::string>& more) {
    return shop.pretrain("run", more);
  };
  expect_usage_error(train({"--lr", "1e-3"}), {"--lr", "--set optimizer.base_lr=VALUE"});
  expect_usage_error(train({"--batch-size=64"}), {"--set train.batch_size=VALUE"});
  expect_usage_error(train({"--output", "x"}), {"did you mean --out?"});
  expect_usage_error(train({"--set", "optimizer.lr=1"}), {"did you mean optimizer.base_lr?"});
  expect_usage_error(dbot({"pretrain", "vit-b16", "--data", shop.data}),
                     {"dbot/vit-b16 or mae/vit-b16"});
  expect_usage_error(dbot({"data", "stat", shop.data}), {"did you mean dbot data stats?"});
  expect_usage_error(dbot({"recipes", "dbot/quick"}),
                     {"did you mean dbot recipes show dbot/quick?"});
  expect_usage_error(dbot({"recipes", "quick"}), {"did you mean dbot recipes show dbot/quick?"});
  expect_usage_error(
      dbot({"export", "--model", "x", "--format", "timm", "--out", shop.folder / "x.pth"}),
      {"MODEL stands by itself", "dbot export MODEL"});
  expect_usage_error(train({"--gpus", "2"}), {"did you mean --device?"});
  expect_usage_error(train({"--name", "first"}), {"did you mean --out?"});
  expect_usage_error(train({"--set", "checkpoint.save_every=5"}),
                     {"did you mean checkpoint.every_steps?"});
  expect_usage_error(dbot({"pretrain", "vit-base", "--data", shop.data}),
                     {"dbot/vit-b16 or mae/vit-b16"});
  expect_usage_error(dbot({"pretrain", "mae", "--data", shop.data}), {"mae/tiny-32 or "});
  expect_usage_error(dbot({"data", "statistics", shop.data}), {"did you mean dbot data stats?"});
  expect_usage_error(dbot({"inspect", "--model", "x"}), {"PATH stands by itself"});
  expect_usage_error(dbot({"data", "stats", "--data", "x"}), {"DIR stands by itself"});
  expect_usage_error(dbot({"embed", "runs/a", "--data", "x", "--out", "y.csv"}),
                     {"did you mean --model runs/a?"});
  expect_usage_error(dbot({"embed", "--otu", "y.csv", "--model", "x", "--data", "x"}),
                     {"did you mean --out?"});
  expect_usage_error(dbot({"train"}), {"did you mean dbot pretrain?"});
  expect_usage_error(dbot({"stats"}), {"did you mean dbot data stats?"});
}

TEST(Usage, AStoppedEvaluationPromisesNothing) {
  const Workshop shop;
  for (const char* protocol : {"knn", "linear"}) {
    const Result result =
        dbot_interrupted({"evaluate", protocol, "--model", "pixels", "--data", shop.data});
    EXPECT_EQ(result.exit_code, 75) << result.err;
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, AllOf(HasSubstr("stopping; once more to stop at once"),
                                  HasSubstr("stopped on request; nothing of this work is kept"),
                                  testing::Not(HasSubstr("taken up again"))));
  }
}

TEST(Usage, ALengthOfNothingIsSaid) {
  const Workshop shop;
  const Result none = shop.pretrain("run", {"--epochs", "0"});
  EXPECT_EQ(none.exit_code, 0) << none.err;
  EXPECT_THAT(none.out, HasSubstr("0 steps, the weights are those it began with"));
  EXPECT_THAT(none.out + none.err, testing::Not(HasSubstr("nan")));
}

TEST(Usage, UnlabelledImagesAreSaidToBe) {
  const Workshop shop;
  write_png_folder(shop.folder.path() / "photos", 24);
  const Result result =
      dbot({"pretrain", shop.recipe, "--data", shop.folder / "photos", "--out", shop.folder / "run",
            "--steps", "2", "--set", "evaluate.at_stage_ends=true"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("No class folders: judged without labels."));
}

TEST(Usage, NamesCommandsThatAreWrong) {
  expect_usage_error(dbot({"pretain"}), {"pretain", "pretrain"});
  expect_usage_error(dbot({"serve"}), {"serve", "not in this version"});
  expect_usage_error(dbot({"pretrain", "dbot/quick"}), {"--data"});
  expect_usage_error(dbot({"pretrain", "dbot/quick", "--data", ".", "--fast"}), {"--fast"});
  expect_usage_error(dbot({"pretrain", "dbot/quick", "--data", ".", "--steps", "many"}),
                     {"--steps"});
  expect_usage_error(dbot({"pretrain", "dbot/quick", "--data", ".", "--processes", "0"}),
                     {"--processes"});
  expect_usage_error(dbot({"pretrain", "dbot/quick", "--data", ".", "--resume"}), {"--out"});
}

TEST(Usage, NamesProtocolsThatAreWrong) {
  expect_usage_error(dbot({"evaluate", "segment", "--model", "x", "--data", "."}),
                     {"segment", "not in this version"});
  expect_usage_error(dbot({"evaluate", "knm", "--model", "x", "--data", "."}), {"knm", "knn"});
  expect_usage_error(dbot({"evaluate", "knn", "--model", "pixels", "--data", ".", "--labels", "2"}),
                     {"--labels"});
}

TEST(Usage, NamesRecipesKeysAndValuesThatAreWrong) {
  const Workshop shop;
  expect_usage_error(dbot({"pretrain", "dbot/quik", "--data", shop.data}),
                     {"dbot/quik", "dbot/quick", "dbot recipes"});
  expect_usage_error(dbot({"pretrain", shop.folder / "none.toml", "--data", shop.data}),
                     {"none.toml"});
  expect_usage_error(shop.pretrain("run", {"--set", "model.widht=32"}),
                     {"model.widht", "model.width"});
  expect_usage_error(shop.pretrain("run", {"--set", "model.width=wide"}), {"model.width", "wide"});
  expect_usage_error(shop.pretrain("run", {"--set", "model.patch_size=3"}),
                     {"patch_size", "3", "8"});
  expect_usage_error(shop.pretrain("run", {"--set", "mask.ratio=0"}), {"mask.ratio"});
  expect_usage_error(shop.pretrain("run", {"--precision", "fp64"}), {"train.precision", "fp64"});
  expect_usage_error(shop.pretrain("run", {"--device", "cuda"}), {"cuda"});
  EXPECT_FALSE(std::filesystem::exists(shop.folder / "run"));
}

TEST(Usage, RefusesWhatCannotFitIntoMemory) {
  const Workshop shop;
  expect_usage_error(
      shop.pretrain("run", {"--set", "model.width=16384", "--set", "model.depth=256"}),
      {"memory", "GB"});
  expect_usage_error(shop.pretrain("run", {"--set", "train.batch_size=99999999999"}),
                     {"train.batch_size"});
}

TEST(Usage, RefusesBatchesLargerThanTheSet) {
  const Workshop shop;
  expect_usage_error(shop.pretrain("run", {"--set", "train.batch_size=40"}),
                     {"40", "80", "64", "--set train.batch_size"});
}

TEST(Usage, ListsAndShowsRecipes) {
  const Result list = dbot({"recipes"});
  EXPECT_EQ(list.exit_code, 0);
  for (const char* name :
       {"dbot/quick", "dbot/tiny-32", "dbot/vit-b16", "dbot/vit-l16", "dbot/vit-h14", "mae/tiny-32",
        "mae/vit-b16", "mae/vit-l16", "mae/vit-h14", "maskdistill/vit-b16"}) {
    EXPECT_THAT(list.out, HasSubstr(name));
  }
  EXPECT_EQ(dbot({"recipes", "show", "dbot/quick"}).out, read_file("recipes/dbot/quick.toml"));
}

TEST(Usage, DocumentsEveryKey) {
  const Result keys = dbot({"recipes", "keys"});
  EXPECT_EQ(keys.exit_code, 0);
  EXPECT_THAT(keys.out, HasSubstr("model.width"));
  EXPECT_THAT(read_file("docs/recipes.md"), HasSubstr(keys.out))
      << "docs/recipes.md does not hold the table of `dbot recipes keys`";
}

TEST(Usage, FailsWhenTheResultCannotBeDelivered) {
  EXPECT_EQ(dbot({"recipes"}, "/dev/full").exit_code, 1);
  const Result closed = dbot({"recipes"}, "-");
  EXPECT_EQ(closed.exit_code, 1);
  EXPECT_THAT(closed.err, HasSubstr("[stdout]"));
}

TEST(Usage, DoctorFindsThisMachineFit) {
  const Result result = dbot({"doctor"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("LibTorch"), HasSubstr("precision"), HasSubstr("ok")));
}

}  // namespace
}  // namespace dbot::cli_test
