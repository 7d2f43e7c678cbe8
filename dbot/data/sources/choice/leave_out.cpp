#include "dbot/data/sources/choice/leave_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/sources/choice/name_list.h"
#include "dbot/data/sources/names_within.h"
#include "dbot/data/subset.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using Names = std::unordered_set<std::string>;

Names read_names(const fs::path& list) {
  try {
    return parse_leave_out(core::read_text_file(list));
  } catch (const Error& error) {
    throw DataError(
        {.operation = "data",
         .subject = "data.leave_out",
         .fault = error.fault(),
         .reason = fmt::format("is {}, expected a list of images as dbot data check writes it: {}",
                               list.string(), error.what())});
  }
}

/// Of all names those of images in `path`, counted from there.
Names names_below(const Names& names, const fs::path& path, const fs::path& root) {
  std::error_code error;
  const auto here = fs::weakly_canonical(path, error);
  const auto from = error ? fs::path() : fs::weakly_canonical(root, error);
  if (error) return names;
  const std::string before = here.lexically_relative(from).string();
  if (before == ".") return names;
  Names below;
  for (const auto& name : names) {
    if (name.starts_with(before + "/")) below.insert(name.substr(before.size() + 1));
  }
  return below;
}

bool names_some_of(const Names& names, const fs::path& path, const std::vector<fs::path>& others) {
  const NamesWithin name_within({path});
  return std::ranges::any_of(others, [&](const fs::path& other) {
    const std::string before = name_within(other.string()) + "/";
    return std::ranges::any_of(names,
                               [&](const std::string& name) { return name.starts_with(before); });
  });
}

}  // namespace

std::vector<std::shared_ptr<const Dataset>> leave_out(
    std::vector<std::shared_ptr<const Dataset>> parts, const Choice& choice, const fs::path& path,
    const std::vector<fs::path>& others, const core::Log& log) {
  if (choice.leave_out.empty()) return parts;
  Names names = read_names(choice.leave_out);
  const std::size_t listed = names.size();
  if (!choice.list_root.empty()) {
    names = names_below(names, path, choice.list_root);
    if (names.empty()) return parts;
  }
  const NamesWithin name_within({path});
  std::int64_t all = 0, left_out = 0;
  for (auto& images : parts) {
    std::vector<std::int64_t> kept;
    const std::int64_t size = images->size();
    for (std::int64_t i = 0; i < size; ++i) {
      if (!names.contains(name_within(images->name(i)))) kept.push_back(i);
    }
    if (kept.empty() && size > 0) {
      throw DataError(
          {.operation = "data",
           .subject = choice.leave_out.string(),
           .fault = Fault::empty,
           .reason = fmt::format("leaves out all {} images of {}", size, path.string())});
    }
    all += size;
    left_out += size - std::ssize(kept);
    if (std::ssize(kept) < size) images = subset(std::move(images), std::move(kept));
  }
  if (left_out > 0) {
    log(core::LogLevel::information, fmt::format("{} of {} images are left out, as {} says",
                                                 left_out, all, choice.leave_out.string()));
  } else if (!names.empty() && !names_some_of(names, path, others)) {
    log(core::LogLevel::warning,
        fmt::format("[data] {}: none of the {} images it names is in {}; paths are relative to "
                    "that folder",
                    choice.leave_out.string(), listed, path.string()));
  }
  return parts;
}

}  // namespace dbot::data
