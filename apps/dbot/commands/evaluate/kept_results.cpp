#include "apps/dbot/commands/evaluate/kept_results.h"

#include <fmt/format.h>

#include <system_error>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"

namespace dbot::app {
namespace {

namespace fs = std::filesystem;

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return;
  throw Error({.operation = "evaluate",
               .subject = folder.string(),
               .fault = Fault::unreadable,
               .reason = "cannot be made: " + error.message()});
}

}  // namespace

fs::path new_evaluation_folder(const fs::path& run) {
  make_folder(run / "evaluations");
  for (int number = 1;; ++number) {
    fs::path folder = run / "evaluations" / std::to_string(number);
    std::error_code error;
    if (fs::create_directory(folder, error)) return folder;
    if (error) make_folder(folder);  // says why
  }
}

void keep_results(const fs::path& folder, const std::string& json,
                  const eval::Evaluation& evaluation, const data::Dataset& train) {
  make_folder(folder);
  for (const eval::LabelDraw& draw : evaluation.draws) {
    if (draw.samples.empty()) continue;
    core::write_file_atomically(folder / fmt::format("labels-seed-{}.txt", draw.seed),
                                eval::lines_of(train, draw.samples));
  }
  core::write_file_atomically(folder / "results.json", json + '\n');
}

}  // namespace dbot::app
