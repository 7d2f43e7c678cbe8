#include "dbot/data/tasks/task_split.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/subset.h"
#include "dbot/data/tasks/relabelled.h"

namespace dbot::data {
namespace {

using Places = std::vector<std::int64_t>;

[[noreturn]] void refuse_split(const char* key, const std::string& reason,
                               const std::string& way_out) {
  throw UsageError({.operation = "tasks",
                    .subject = key,
                    .fault = Fault::mismatch,
                    .reason = reason,
                    .way_out = way_out});
}

std::string_view trimmed_name(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> parts_of(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(trimmed_name(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::int64_t place_of_class(std::string_view name, const std::vector<std::string>& classes) {
  const auto found = std::ranges::find(classes, name);
  if (found != classes.end()) return found - classes.begin();
  constexpr std::size_t kMostShownNames = 20;
  const auto shown = std::min(classes.size(), kMostShownNames);
  refuse_split("tasks.groups",
               fmt::format("names \"{}\", which is no class of the data: {}{}", name,
                           fmt::join(classes.begin(),
                                     classes.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                           shown < classes.size() ? ", …" : ""),
               "write the names as the data have them");
}

void require_two_in_task(const Places& task, std::size_t number, std::string_view names) {
  if (task.size() >= 2) return;
  refuse_split(
      "tasks.groups",
      fmt::format("has the task {} of \"{}\", expected two classes or more", number + 1, names),
      "put classes together");
}

std::vector<Places> named_groups(const TaskSplit& split, const std::vector<std::string>& classes) {
  std::vector<Places> tasks;
  for (const std::string_view group : parts_of(split.groups, ';')) {
    Places task;
    for (const std::string_view name : parts_of(group, ',')) {
      const std::int64_t place = place_of_class(name, classes);
      if (std::ranges::find(task, place) == task.end()) task.push_back(place);
    }
    require_two_in_task(task, tasks.size(), group);
    tasks.push_back(std::move(task));
  }
  if (std::ssize(tasks) != split.count) {
    refuse_split("tasks.count",
                 fmt::format("is {} and tasks.groups has {}", split.count, tasks.size()),
                 "give a group for each task, with semicolons between");
  }
  return tasks;
}

std::vector<Places> groups_in_order(const TaskSplit& split, std::int64_t classes) {
  if (2 * split.count > classes) {
    refuse_split("tasks.count",
                 fmt::format("is {}, but the data have {} classes, and a task needs two",
                             split.count, classes),
                 fmt::format("set at most {}, or tasks.kind = \"pieces\" or \"permutations\"",
                             std::max<std::int64_t>(1, classes / 2)));
  }
  std::vector<Places> tasks(static_cast<std::size_t>(split.count));
  std::int64_t next = 0;
  for (std::int64_t i = 0; i < split.count; ++i) {
    Places& task = tasks[static_cast<std::size_t>(i)];
    task.resize(
        static_cast<std::size_t>(classes / split.count + (i < classes % split.count ? 1 : 0)));
    std::iota(task.begin(), task.end(), next);
    next += std::ssize(task);
  }
  return tasks;
}

/// Labelled samples in an order of the seed, cut into pieces whose sizes differ by one at most.
std::vector<Places> pieces_of(const Dataset& dataset, std::int64_t count, std::uint64_t seed) {
  std::vector<Places> pieces(static_cast<std::size_t>(count));
  std::size_t next = 0;
  for (const std::int64_t i :
       core::permutation({.seed = seed, .purpose = core::Purpose::split}, dataset.size())) {
    if (dataset.label(i) < 0) continue;
    pieces[next].push_back(i);
    next = (next + 1) % pieces.size();
  }
  for (Places& piece : pieces) std::ranges::sort(piece);
  return pieces;
}

Places samples_of(const Dataset& dataset, const Places& classes) {
  Places samples;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    if (std::ranges::find(classes, dataset.label(i)) != classes.end()) samples.push_back(i);
  }
  return samples;
}

}  // namespace

std::vector<std::vector<std::int64_t>> classes_of_tasks(const TaskSplit& split,
                                                        const std::vector<std::string>& classes) {
  if (split.kind == TaskKind::classes) {
    return split.groups.empty() ? groups_in_order(split, std::ssize(classes))
                                : named_groups(split, classes);
  }
  if (!split.groups.empty()) {
    refuse_split("tasks.groups", "names classes, which tasks.kind = \"classes\" alone has",
                 "remove it");
  }
  Places all(classes.size());
  std::iota(all.begin(), all.end(), std::int64_t{0});
  return std::vector<Places>(static_cast<std::size_t>(split.count), all);
}

std::vector<std::vector<std::string>> class_names_of_tasks(
    const TaskSplit& split, const std::vector<std::string>& classes) {
  std::vector<std::vector<std::string>> names;
  for (const Places& task : classes_of_tasks(split, classes)) {
    std::vector<std::string>& own = names.emplace_back();
    for (const std::int64_t place : task) {
      own.push_back(classes.at(static_cast<std::size_t>(place)));
    }
  }
  return names;
}

std::vector<std::shared_ptr<const Dataset>> split_into_tasks(
    const std::shared_ptr<const Dataset>& dataset, const TaskSplit& split, std::uint64_t seed,
    TaskUse use) {
  const std::vector<Places> classes = classes_of_tasks(split, dataset->classes());
  const bool cut = split.kind == TaskKind::pieces && use == TaskUse::learning;
  std::vector<Places> pieces;
  if (cut) pieces = pieces_of(*dataset, split.count, seed);
  std::vector<std::shared_ptr<const Dataset>> tasks;
  for (std::size_t task = 0; task < classes.size(); ++task) {
    Places samples = cut ? std::move(pieces[task]) : samples_of(*dataset, classes[task]);
    if (samples.empty()) {
      throw DataError({.operation = "tasks",
                       .subject = fmt::format("task {} of {}", task + 1, classes.size()),
                       .fault = Fault::empty,
                       .reason = "has no sample",
                       .way_out = "lower tasks.count, or add samples of its classes"});
    }
    tasks.push_back(relabelled(subset(dataset, std::move(samples)), classes[task]));
  }
  return tasks;
}

at::Tensor pixel_order(const TaskSplit& split, std::uint64_t seed, std::int64_t task,
                       std::int64_t pixels) {
  if (split.kind != TaskKind::permutations || task == 0) return {};
  const auto order = core::permutation(
      {.seed = seed, .purpose = core::Purpose::split, .stage = static_cast<std::uint32_t>(task)},
      pixels);
  at::Tensor result = at::empty({pixels}, at::kLong);
  std::ranges::copy(order, result.mutable_data_ptr<std::int64_t>());
  return result;
}

std::string describe_tasks(const std::vector<std::shared_ptr<const Dataset>>& tasks) {
  std::string text;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    text += fmt::format("task {}: {}; {} samples\n", i + 1, fmt::join(tasks[i]->classes(), ", "),
                        tasks[i]->size());
  }
  return text;
}

}  // namespace dbot::data
