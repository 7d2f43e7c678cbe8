// dbot evaluate continual: a run like any other, of tasks one after another.
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Continual : public testing::Test {
 protected:
  std::vector<std::string> command(const std::string& out,
                                   const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"evaluate", "continual", "exssnet/small-32"};
    for (const auto& [option, value] :
         std::vector<std::pair<std::string, std::string>>{{"--data", shop_.data},
                                                          {"--out", shop_.folder / out},
                                                          {"--tasks", "3"},
                                                          {"--density", "0.3"},
                                                          {"--threads", "1"},
                                                          {"--precision", "fp32"},
                                                          {"--set", "tasks.kind=permutations"},
                                                          {"--set", "tasks.mask_epochs=2"},
                                                          {"--set", "tasks.weight_epochs=2"},
                                                          {"--set", "model.image_size=8"},
                                                          {"--set", "model.channels=1"},
                                                          {"--set", "model.widths=[4,8]"},
                                                          {"--set", "model.strides=[2,2]"},
                                                          {"--set", "train.batch_size=8"}}) {
      words.insert(words.end(), {option, value});
    }
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  nlohmann::json tasks_of(const std::string& run) const {
    return nlohmann::json::parse(std::ifstream(shop_.folder / run + "/tasks.json"));
  }

  Workshop shop_;
};

TEST_F(Continual, LearnsTasksForgetsNothingAndSaysSo) {
  const Result result = dbot(command("run", {"--transfer", "knn_best", "--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json tasks = tasks_of("run");
  for (std::size_t task = 0; task < 3; ++task) {
    for (std::size_t after = task; after < 3; ++after) {
      EXPECT_EQ(tasks["accuracy"][after][task], tasks["accuracy"][task][task]);
    }
  }
  EXPECT_EQ(tasks["average_forgetting"], 0);
  EXPECT_GE(tasks["average_accuracy"], 90) << "the classes of this set are as unlike as can be";
  EXPECT_TRUE(tasks["accuracy"][0][2].is_null()) << "only the next task is tried beforehand";
  EXPECT_EQ(tasks["free"][0], tasks["used"][0]);
  EXPECT_LT(tasks["free"][2], tasks["used"][2]);
  for (std::size_t task = 0; task < 3; ++task) {
    EXPECT_EQ(tasks["transfer_accuracy"][task].size(), task) << "of all earlier ones";
    EXPECT_LE(tasks["transfer_from"][task].size(), task > 0 ? 1U : 0U);
  }
  EXPECT_THAT(result.err, AllOf(HasSubstr("task 2 begins with"), HasSubstr("task 3 begins with")));
  const fs::path run = std::string(shop_.folder / "run");
  EXPECT_TRUE(fs::exists(run / "tasks.txt"));
  for (const char* file : {"report.html", "model.safetensors", "exhibits.json"}) {
    EXPECT_TRUE(fs::exists(run / file)) << file;
  }
  std::stringstream page;
  page << std::ifstream(run / "report.html").rdbuf();
  EXPECT_THAT(page.str(), HasSubstr("Which earlier task helped"));
  const Result judged = dbot({"evaluate", "knn", "--model", shop_.folder / "run", "--data",
                              shop_.data, "--json", "--threads", "1"});
  EXPECT_EQ(judged.exit_code, 0) << "a task is an ordinary network: " << judged.err;
}

TEST_F(Continual, KilledAnywhereItEndsAlike) {
  const std::vector<std::string> more{"--set", "checkpoint.every_steps=1", "--set",
                                      "tasks.mask_epochs=6", "--resume"};
  ASSERT_EQ(dbot(command("whole", more)).exit_code, 0);
  const fs::path run = shop_.folder.path() / "killed";
  std::mt19937 random(7);
  int killed = 0;
  for (int kill = 0; kill < 6; ++kill) {
    Program program(command("killed", more), shop_.folder.path());
    if (!wait_for_progress(program, run, latest(run))) {
      EXPECT_EQ(program.wait().exit_code, 0);
      break;
    }
    poll(nullptr, 0, static_cast<int>(random() % 60));
    program.send(SIGKILL);
    killed += program.wait().exit_code == 128 + SIGKILL ? 1 : 0;
  }
  EXPECT_GE(killed, 2) << "the run is too short to be killed that often";
  const Result end = dbot(command("killed", more));
  ASSERT_EQ(end.exit_code, 0) << end.err;
  EXPECT_EQ(shop_.model("killed"), shop_.model("whole"));
  EXPECT_EQ(tasks_of("killed"), tasks_of("whole"));
}

TEST_F(Continual, AllTasksAtOnceAreTheBaselineOfASequence) {
  const Result result =
      dbot(command("joint", {"--learning", "joint", "--set", "tasks.weight_epochs=40", "--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json tasks = tasks_of("joint");
  for (std::size_t task = 0; task < 3; ++task) {
    EXPECT_GE(tasks["accuracy"][2][task], 90) << task;
    EXPECT_TRUE(tasks["accuracy"][0][task].is_null()) << "there is no time before the end";
  }
  EXPECT_GE(tasks["average_accuracy"], 90);
  EXPECT_TRUE(tasks["average_forgetting"].is_null()) << "nothing was there to be forgotten";
  EXPECT_THAT(result.err, Not(HasSubstr("no earlier task uses"))) << "it has no masks";
}

TEST_F(Continual, FineTuningHasNoMasksToSpeakOf) {
  const Result result = dbot(command("naive", {"--learning", "finetune", "--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("of the mask of task")));
  EXPECT_EQ(tasks_of("naive")["used"][1], 0);
}

/// Texts of four classes, each with words of its own.
void write_texts(const fs::path& folder) {
  fs::create_directories(folder);
  std::ofstream(folder / "labels.txt") << "tea\nrain\ngold\nsong\n";
  const std::vector<std::string> words{"cup leaf hot", "wet cloud grey", "ore ring bright",
                                       "voice tune choir"};
  for (const auto& [file, count] : {std::pair{"train.tsv", 16}, {"test.tsv", 4}}) {
    std::ofstream table(folder / file);
    for (int i = 0; i < count; ++i) {
      for (std::size_t label = 0; label < 4; ++label) {
        table << "the " << words[label] << " of day " << i << '\t' << label << '\n';
      }
    }
  }
}

TEST_F(Continual, LearnsTasksOfTexts) {
  const fs::path texts = shop_.folder.path() / "texts";
  write_texts(texts);
  std::vector<std::string> words{"evaluate", "continual", "exssnet/text", "--data", texts.string()};
  words.insert(words.end(), {"--out", shop_.folder / "words", "--tasks", "2", "--density", "0.3"});
  words.insert(words.end(), {"--threads", "1", "--precision", "fp32", "--json"});
  for (const char* setting :
       {"text.length=8", "text.width=32", "model.filters=16", "tasks.mask_epochs=10",
        "tasks.weight_epochs=10", "tasks.mask_lr=0.01", "tasks.transfer_neighbours=3"}) {
    words.insert(words.end(), {"--set", setting});
  }
  const Result result = dbot(words);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("texts of 4 classes, the first 8 words of each"));
  const nlohmann::json tasks = tasks_of("words");
  EXPECT_EQ(tasks["average_forgetting"], 0);
  EXPECT_GE(tasks["average_accuracy"], 90) << "their words are all unlike";
  const fs::path run = shop_.folder.path() / "words";
  const Result inspected = dbot({"inspect", (run / "model.safetensors").string()});
  EXPECT_EQ(inspected.exit_code, 0) << inspected.err;
}

TEST_F(Continual, RefusesWhatDoesNotFit) {
  const auto refused = [&](const std::vector<std::string>& more, const std::string& words) {
    const Result result = dbot(command("refused", more));
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr(words));
    EXPECT_FALSE(fs::exists(std::string(shop_.folder / "refused"))) << words;
  };
  refused({"--set", "tasks.kind=classes"}, "tasks.count");
  refused({"--set", "optimizer.weight_decay=0.1"}, "optimizer.weight_decay");
  refused({"--set", "stages.count=2"}, "stages.count");
  refused({"--learning", "most"}, "tasks.learning");
  refused({"--blocks", "3"}, "--blocks");
  std::vector<std::string> none = command("refused");
  std::ranges::replace(none, std::string("0.3"), std::string("0"));
  const Result density = dbot(none);
  EXPECT_EQ(density.exit_code, 2);
  EXPECT_THAT(density.err, HasSubstr("tasks.density"));
  const Result other = dbot({"evaluate", "continual", "dbot/quick", "--data", shop_.data});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("learns no tasks"));
  const Result without = dbot({"evaluate", "knn", "--data", shop_.data});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, HasSubstr("--model"));
  const Result tasks =
      dbot({"evaluate", "knn", "--tasks", "2", "--model", "pixels", "--data", shop_.data});
  EXPECT_EQ(tasks.exit_code, 2);
  EXPECT_THAT(tasks.err, AllOf(HasSubstr("--tasks"), HasSubstr("knn")));
}

}  // namespace
}  // namespace dbot::cli_test
