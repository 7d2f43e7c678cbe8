#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "dbot/core/error.h"
#include "dbot/core/files/lock_state.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/open.h"
#include "dbot/report/metrics/metrics.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/tools/doctor/health.h"
#include "dbot/train/checkpoint/checkpoint.h"

namespace dbot::tools {
namespace {

namespace fs = std::filesystem;
using report::bytes_text;

constexpr double kLeastRoom = 1e9, kComfortableRoom = 5e9;
constexpr std::uint64_t kLeastInodes = 1000;
constexpr std::int64_t kSampledImages = 32;

/// The folder itself, or the nearest one above it that exists: where it would be made.
fs::path existing_above(const fs::path& folder) {
  std::error_code error;
  fs::path place = fs::absolute(folder, error);
  while (!fs::exists(place, error) && place.has_relative_path()) place = place.parent_path();
  return place;
}

Check room(const std::string& subject, const fs::path& place) {
  struct statvfs status {};
  if (::statvfs(place.c_str(), &status) != 0) {
    return {subject, Status::problem, std::generic_category().message(errno),
            "choose another folder"};
  }
  const double bytes = static_cast<double>(status.f_bavail) * static_cast<double>(status.f_frsize);
  const bool few = status.f_files > 0 && status.f_favail < kLeastInodes;
  std::string finding = bytes_text(bytes) + " free";
  if (status.f_files > 0) finding += fmt::format(", {} inodes", status.f_favail);
  if (bytes < kLeastRoom || few) {
    return {subject, Status::problem, finding,
            "checkpoints need room; remove files, or choose a folder on another disk"};
  }
  if (bytes < kComfortableRoom) {
    return {subject, Status::warning, finding,
            "a checkpoint of a ViT-B takes 2 GB; for large networks choose a folder on a larger "
            "disk"};
  }
  return {subject, Status::ok, finding};
}

Check readable_images(const data::Dataset& dataset) {
  const std::int64_t count = std::min(kSampledImages, dataset.size());
  std::int64_t bad = 0;
  std::string first;
  for (std::int64_t i = 0; i < count; ++i) {
    try {
      data::load_image(dataset, i * dataset.size() / count, 3);
    } catch (const Error& error) {
      if (error.fault() == Fault::channels) continue;  // a run may well want them
      if (bad++ == 0) first = error.what();
    }
  }
  if (bad == 0)
    return {"images", Status::ok, fmt::format("{} of {} tried, all good", count, count)};
  return {"images", bad == count ? Status::problem : Status::warning,
          fmt::format("{} of {} tried cannot be read: {}", bad, count, first),
          "repair or remove them; a run replaces up to data.max_bad_fraction by others"};
}

Check progress(const fs::path& run) {
  const auto records = report::read_metrics(run / "metrics.jsonl");
  if (records.empty()) {
    return {"metrics", Status::warning, "nothing was recorded yet",
            "the run has not begun, or ended before its first step; start it again"};
  }
  double total = 0;
  std::int64_t step = 0;
  bool finished = false;
  for (const auto& record : records) {
    step = std::max(step, record.step);
    finished = finished || record.type == "end";
    const auto found = record.numbers.find("total_steps");
    if (found != record.numbers.end()) total = found->second;
  }
  return {"metrics", Status::ok,
          fmt::format("step {} of {:.0f}{}", step, total, finished ? ", finished" : "")};
}

std::vector<Check> checkpoints(const fs::path& folder) {
  std::vector<Check> checks;
  if (!fs::is_directory(folder)) {
    return {{"checkpoints", Status::warning, "none yet", "a run that is stopped now begins anew"}};
  }
  int whole = 0;
  for (const fs::path& checkpoint : train::list_checkpoints(folder)) {
    try {
      train::read_checkpoint(checkpoint);
      ++whole;
    } catch (const Error& error) {
      checks.push_back({"checkpoints", Status::warning, error.what(),
                        "the run passes over it when it goes on, and takes the one before"});
    }
  }
  if (whole > 0) {
    checks.push_back({"checkpoints", Status::ok, fmt::format("{} whole", whole)});
  } else if (!checks.empty()) {
    checks.push_back({"checkpoints", Status::problem, "none is whole",
                      "restore one from a copy, or begin a new run in another folder"});
  }
  return checks;
}

}  // namespace

std::vector<Check> check_place(const std::string& subject, const fs::path& folder) {
  const fs::path place = existing_above(folder);
  std::error_code error;
  if (!fs::is_directory(place, error)) {
    return {
        {subject, Status::problem, place.string() + " is not a folder", "choose another folder"}};
  }
  if (::access(place.c_str(), W_OK | X_OK) != 0) {
    return {{subject, Status::problem,
             fmt::format("{} cannot be written to: {}", place.string(),
                         std::generic_category().message(errno)),
             "start dbot elsewhere, or choose a folder of yours"}};
  }
  return {room(subject, place)};
}

std::vector<Check> check_data(const fs::path& path) {
  try {
    const auto dataset = data::open_images(path, core::silent_log());
    return {{"data", Status::ok,
             fmt::format("{} images, {}", report::grouped(dataset->size()),
                         dataset->classes().size() > 1
                             ? fmt::format("{} classes", dataset->classes().size())
                             : "no labels")},
            readable_images(*dataset)};
  } catch (const Error& error) {
    return {{"data", Status::problem, error.what(),
             "give a folder of images, or another source that docs/data.md lists"}};
  }
}

std::vector<Check> check_run(const fs::path& run, const std::string& goes_on) {
  if (!fs::exists(run / "recipe.toml")) {
    return {
        {"run", Status::problem, run.string() + " has no recipe.toml", "give the folder of a run"}};
  }
  std::vector<Check> checks;
  const bool held = core::is_locked(run / ".lock");
  checks.push_back(
      {"run", Status::ok, held ? "a process trains here" : "no process trains here; " + goes_on});
  checks.push_back(progress(run));
  for (Check& check : check_place("run's disk", run)) checks.push_back(std::move(check));
  for (Check& check : checkpoints(run / "checkpoints")) checks.push_back(std::move(check));
  return checks;
}

}  // namespace dbot::tools
