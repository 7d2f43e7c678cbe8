#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "dbot/report/page/page_parts.h"
#include "dbot/report/text/shown_text.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;

/// The commands' words in braces are filled in for one run.
class NextSteps {
 public:
  NextSteps(const fs::path& run, const std::string& data, const RunFigures& figures)
      : run_(run), data_(data), figures_(figures) {}

  /// Nothing for a command that the program has not.
  void add(const char* title, const std::string& command, const char* why) {
    if (command.empty()) return;
    const auto epochs = static_cast<std::int64_t>(std::max(1.0, std::ceil(10 * figures_.epoch)));
    list_.push_back(
        {{"title", title},
         {"command", fmt::format(fmt::runtime(command), fmt::arg("run", shell_word(run_.string())),
                                 fmt::arg("recipe", shell_word((run_ / "recipe.toml").string())),
                                 fmt::arg("data", data_.empty() ? "DIR" : shell_word(data_)),
                                 fmt::arg("out", shell_word(run_.string() + "-longer")),
                                 fmt::arg("epochs", epochs))},
         {"why", why}});
  }

  PageJson take() { return std::move(list_); }

 private:
  const fs::path& run_;
  const std::string& data_;
  const RunFigures& figures_;
  PageJson list_ = PageJson::array();
};

}  // namespace

PageJson next_part(const fs::path& run, const std::string& data, RunState state,
                   const RunFigures& figures, const CommandTexts& commands) {
  NextSteps steps(run, data, figures);
  if (state == RunState::stopped) {
    steps.add("Go on with this run", commands.resume,
              "It continues from the newest whole checkpoint, with the same result as if "
              "it had never stopped.");
  }
  if (figures.step > 0) {
    steps.add("Measure what the features are worth", commands.evaluate,
              "LABELLED has one folder of images for each class; linear instead of "
              "knn trains a linear classifier.");
    steps.add("Use the features", commands.embed,
              "Writes one vector for each image, for search, clustering or a small "
              "classifier.");
  }
  if (state == RunState::finished) {
    steps.add("Train ten times as long", commands.train_longer,
              "Masked pre-training keeps improving for a long time; the schedule "
              "stretches with the length.");
  }
  steps.add("Compare runs side by side", commands.compare,
            "Overlays the curves and shows which settings differ.");
  return steps.take();
}

}  // namespace dbot::report
