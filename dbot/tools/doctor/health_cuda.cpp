#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dbot/report/text/quantity_text.h"
#include "dbot/tools/doctor/health.h"

namespace dbot::tools {
namespace {

using runtime::cuda::Found;
using runtime::cuda::Obstacle;
using runtime::cuda::Places;

std::string text_of(const ErrorFields& fields) {
  return fmt::format("{} {}", fields.subject, fields.reason);
}

/// What is missing: worth a warning where a GPU waits for it.
Check missing(const std::string& subject, const ErrorFields& fields, bool wanted) {
  if (wanted) return {subject, Status::warning, text_of(fields), fields.way_out};
  return {subject, Status::ok, text_of(fields) + "; without a GPU it is not needed"};
}

Check driver(const Found& found) {
  const std::string subject = "NVIDIA driver";
  if (!found.driver.empty()) return {subject, Status::ok, "serves CUDA " + found.driver};
  switch (found.obstacle) {
    case Obstacle::no_driver:
      return {subject, Status::ok, text_of(found.why) + "; the CPU computes"};
    case Obstacle::no_gpu:
      return {subject, Status::ok, text_of(found.why)};
    default:
      return {subject, Status::warning, text_of(found.why), found.why.way_out};
  }
}

Check gpus(const Found& found) {
  std::vector<std::string> all;
  all.reserve(found.gpus.size());
  for (const auto& gpu : found.gpus) {
    all.push_back(fmt::format("cuda:{} {}, {}, compute capability {}", all.size(), gpu.name,
                              report::bytes_text(static_cast<double>(gpu.memory_bytes)),
                              runtime::cuda::capability_text(gpu.capability)));
  }
  if (found.obstacle == Obstacle::old_gpu) {
    return {"GPU", Status::warning, fmt::format("{}: too old", fmt::join(all, "; ")),
            found.why.way_out};
  }
  return {"GPU", Status::ok, all.empty() ? "none" : fmt::format("{}", fmt::join(all, "; "))};
}

Check library(const Places& places, bool wanted) {
  const std::string subject = "CUDA library";
  try {
    const auto place = runtime::cuda::find_library(places.library_folders, places.libtorch);
    const auto& cuda = place.build.cuda;
    return {subject, Status::ok,
            fmt::format("{}, LibTorch {}{}", place.file.string(), place.build.version,
                        cuda.empty() ? "" : ", CUDA " + cuda)};
  } catch (const Error& error) {
    return missing(subject, error.fields(), wanted);
  }
}

Check module(const Found& found, const Places& places, bool wanted) {
  const std::string subject = "CUDA module";
  try {
    const auto file = runtime::find_module(runtime::cuda::module_file(), places.module_folders);
    return {subject, Status::ok,
            file.string() + (found.built_for.empty() ? "" : ", " + found.built_for)};
  } catch (const Error& error) {
    return missing(subject, error.fields(), wanted);
  }
}

/// What is in the way although every part is in its place.
bool is_of_loading(Obstacle obstacle) {
  return obstacle == Obstacle::old_driver || obstacle >= Obstacle::library_fails;
}

}  // namespace

std::vector<Check> check_cuda(const Found& found, const Places& places) {
  const bool wanted = !found.gpus.empty() && found.obstacle != Obstacle::old_gpu;
  std::vector<Check> checks{driver(found), gpus(found), library(places, wanted),
                            module(found, places, wanted)};
  const bool late_failure = found.obstacle == Obstacle::driver_fails && wanted;
  if (is_of_loading(found.obstacle) || late_failure) {
    checks.push_back({"CUDA", Status::warning, text_of(found.why), found.why.way_out});
  }
  return checks;
}

}  // namespace dbot::tools
