#include "dbot/data/sources/list/list_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/sources/file_bytes.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

void require_some_file(const fs::path& list, const std::vector<ListEntry>& entries) {
  const auto tried = std::min<std::size_t>(entries.size(), 100);
  for (std::size_t i = 0; i < tried; ++i) {
    std::error_code ignored;
    if (fs::exists(list.parent_path() / entries[i].path, ignored)) return;
  }
  throw DataError(
      {.operation = "data",
       .subject = fmt::format("{}:{}", list.string(), entries.front().line),
       .fault = Fault::mismatch,
       .reason = fmt::format(": {} does not exist{}", entries.front().path,
                             tried == 1 ? "" : fmt::format(", and so with {} more", tried - 1)),
       .way_out = "relative paths count from the folder of the list"});
}

}  // namespace

std::vector<ListEntry> read_list(const fs::path& list, LabelReader& labels, Content content) {
  std::vector<std::uint8_t> bytes;
  read_file_bytes(list.string(), bytes);
  auto entries = parse_list({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                            kind_of_list(list), list.string(), labels, content);
  if (entries.empty()) {
    throw data_error(list.string(), Fault::empty,
                     fmt::format("names no {}, expected one path a line", word_of(content)));
  }
  return entries;
}

ListDataset::ListDataset(fs::path folder, core::TextList paths, Labels labels, Content content)
    : folder_(std::move(folder)),
      paths_(std::move(paths)),
      labels_(std::move(labels)),
      content_(content) {}

void ListDataset::read(std::int64_t index, Sample& sample) const {
  sample.begin(name(index));
  read_file(content_, sample.name(), sample);
}

std::int64_t ListDataset::label(std::int64_t index) const {
  return labels_.classes.empty() ? -1 : labels_.of_sample.at(static_cast<std::size_t>(index));
}

std::string ListDataset::name(std::int64_t index) const {
  return (folder_ / paths_[static_cast<std::size_t>(index)]).string();
}

std::string ListDataset::key(std::int64_t index) const {
  return std::string(paths_[static_cast<std::size_t>(index)]);
}

std::vector<std::shared_ptr<const Dataset>> open_lists(
    const std::vector<std::vector<fs::path>>& parts, const OpenContext& context) {
  std::vector<core::TextList> paths(parts.size());
  std::vector<LabelWords> words(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (const auto& list : parts[i]) {
      LabelReader odd;
      const auto entries = read_list(list, odd, context.content);
      if (odd.any_trouble()) {
        context.log(core::LogLevel::warning,
                    fmt::format("[data] {}: {}", list.string(), odd.trouble()));
      }
      require_some_file(list, entries);
      const bool elsewhere = list.parent_path() != parts[i].front().parent_path();
      const fs::path before = elsewhere ? fs::absolute(list.parent_path()) : fs::path{};
      for (const auto& entry : entries) {
        paths[i].add((before / entry.path).string());
        words[i].add(entry.label);
      }
    }
  }
  auto labels = number_alike(words);
  std::vector<std::shared_ptr<const Dataset>> datasets;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    datasets.push_back(std::make_shared<ListDataset>(parts[i].front().parent_path(),
                                                     std::move(paths[i]), std::move(labels[i]),
                                                     context.content));
  }
  return datasets;
}

}  // namespace dbot::data
