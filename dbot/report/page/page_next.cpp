#include <fmt/format.h>

#include <cmath>

#include "dbot/report/page/page_parts.h"
#include "dbot/report/text/shown_text.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;

PageJson next_step(const std::string& title, const std::string& command, const std::string& why) {
  return {{"title", title}, {"command", command}, {"why", why}};
}

}  // namespace

PageJson next_part(const fs::path& run, const std::string& data, RunState state,
                   const RunFigures& figures) {
  const std::string folder = shell_word(run.string());
  const std::string recipe = shell_word((run / "recipe.toml").string());
  const std::string images = data.empty() ? "DIR" : shell_word(data);
  const std::string longer = shell_word(run.string() + "-longer");
  PageJson list = PageJson::array();
  if (state == RunState::stopped) {
    list.push_back(next_step(
        "Go on with this run",
        fmt::format("dbot pretrain {} --data {} --out {} --resume", recipe, images, folder),
        "It continues from the newest whole checkpoint, with the same result as if "
        "it had never stopped."));
  }
  if (figures.step > 0) {
    list.push_back(next_step("Measure what the features are worth",
                             fmt::format("dbot evaluate knn --model {} --data LABELLED", folder),
                             "LABELLED has one folder of images for each class; linear instead of "
                             "knn trains a linear classifier."));
    list.push_back(next_step(
        "Use the features",
        fmt::format("dbot embed --model {} --data {} --out features.safetensors", folder, images),
        "Writes one vector for each image, for search, clustering or a small "
        "classifier."));
  }
  if (state == RunState::finished) {
    const auto epochs = static_cast<std::int64_t>(std::max(1.0, std::ceil(10 * figures.epoch)));
    list.push_back(next_step("Train ten times as long",
                             fmt::format("dbot pretrain {} --data {} --out {} --epochs {}", recipe,
                                         images, longer, epochs),
                             "Masked pre-training keeps improving for a long time; the schedule "
                             "stretches with the length."));
  }
  list.push_back(next_step("Compare runs side by side",
                           fmt::format("dbot report {} OTHER_RUN --out comparison.html", folder),
                           "Overlays the curves and shows which settings differ."));
  return list;
}

}  // namespace dbot::report
