#include "dbot/data/sources/choice/given_labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/sources/folder/folder_dataset.h"
#include "dbot/data/sources/labels.h"
#include "dbot/data/sources/list/list_dataset.h"
#include "dbot/data/sources/names_within.h"
#include "dbot/data/sources/part_names.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using Parts = std::vector<std::shared_ptr<const Dataset>>;

/// A data set with labels of its own.
class RelabelledDataset final : public Dataset {
 public:
  RelabelledDataset(std::shared_ptr<const Dataset> base, Labels labels)
      : base_(std::move(base)), labels_(std::move(labels)) {}

  std::int64_t size() const override { return base_->size(); }
  void read(std::int64_t index, Sample& sample) const override { base_->read(index, sample); }
  std::int64_t label(std::int64_t index) const override {
    return labels_.classes.empty() ? -1 : labels_.of_sample.at(static_cast<std::size_t>(index));
  }
  std::string name(std::int64_t index) const override { return base_->name(index); }
  std::string key(std::int64_t index) const override { return base_->key(index); }
  std::int64_t stored_bytes(std::int64_t index) const override {
    return base_->stored_bytes(index);
  }
  const std::vector<std::string>& classes() const override { return labels_.classes; }

 private:
  std::shared_ptr<const Dataset> base_;
  Labels labels_;
};

/// The label in words of a sample; empty: none.
using WordOf = std::function<std::string(const Dataset& images, std::int64_t index)>;

Parts relabelled(Parts parts, const WordOf& word_of) {
  std::vector<LabelWords> words(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::int64_t k = 0; k < parts[i]->size(); ++k) words[i].add(word_of(*parts[i], k));
  }
  auto labels = number_alike(words);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = std::make_shared<RelabelledDataset>(std::move(parts[i]), std::move(labels[i]));
  }
  return parts;
}

std::string folder_word(const Dataset& images, std::int64_t index) {
  const std::string key = images.key(index);
  const auto folder = class_folder(key);
  if (part_of_folder(folder) == PartWord::none) return std::string(folder);
  return std::string(class_folder(std::string_view(key).substr(folder.size() + 1)));
}

std::string plain(const fs::path& path) {
  return fs::absolute(path).lexically_normal().string();
}

/// Labels by what a list calls the images, and by their whole paths.
std::unordered_map<std::string, std::string> read_labels(const fs::path& list) {
  std::error_code ignored;
  if (!fs::is_regular_file(list, ignored)) {
    throw DataError({.operation = "data",
                     .subject = "evaluate.labels",
                     .fault = Fault::missing,
                     .reason = fmt::format("is {}, expected none, folder, or a list of images with "
                                           "labels (.csv, .tsv, .txt)",
                                           list.string())});
  }
  std::unordered_map<std::string, std::string> labels;
  bool any = false;
  LabelReader odd;
  for (const auto& entry : read_list(list, odd)) {
    const auto name = fs::path(entry.path).lexically_normal().string();
    labels.emplace(name, entry.label);
    labels.emplace(plain(list.parent_path() / entry.path), entry.label);
    any = any || !entry.label.empty();
  }
  if (any) return labels;
  throw DataError({.operation = "data",
                   .subject = list.string(),
                   .fault = Fault::unlabelled,
                   .reason = odd.any_trouble() ? ": " + odd.trouble() : "has no labels",
                   .way_out = "expected a path and a label on each line"});
}

Parts labelled_by_list(Parts parts, const fs::path& list, const fs::path& path) {
  const auto labels = read_labels(list);
  const NamesWithin name_within({path});
  std::int64_t found = 0;
  const auto word_of = [&](const Dataset& images, std::int64_t index) -> std::string {
    const std::string name = images.name(index);
    for (const auto& called : {name_within(name), plain(name), images.key(index)}) {
      const auto label = labels.find(called);
      if (label == labels.end()) continue;
      ++found;
      return label->second;
    }
    return "";
  };
  auto labelled = relabelled(std::move(parts), word_of);
  if (found > 0) return labelled;
  throw DataError({.operation = "data",
                   .subject = list.string(),
                   .fault = Fault::mismatch,
                   .reason = fmt::format("names no image of {}", path.string()),
                   .way_out = "its paths count from that folder, or from the list's own"});
}

}  // namespace

Parts with_labels(Parts parts, const std::string& from, const fs::path& path) {
  if (from.empty()) return parts;
  if (from == "none") {
    return relabelled(std::move(parts), [](const Dataset&, std::int64_t) { return ""; });
  }
  if (from == "folder") return relabelled(std::move(parts), folder_word);
  return labelled_by_list(std::move(parts), from, path);
}

}  // namespace dbot::data
