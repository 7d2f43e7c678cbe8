#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/sources/binary/idx_dataset.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// "idx3-ubyte" and the like, with or without ".gz" behind it.
bool is_idx_name(std::string_view name) {
  if (name.ends_with(".gz")) name.remove_suffix(3);
  return name.ends_with("-ubyte") && contains(name, "idx");
}

void take(fs::path& place, const fs::path& file) {
  if (place.empty()) {
    place = file;
    return;
  }
  // The same file plain and packed is one file; the plain one is quicker.
  auto stem = [](const fs::path& path) {
    return path.extension() == ".gz" ? path.stem() : path.filename();
  };
  if (stem(place) != stem(file)) {
    throw DataError({.operation = "data",
                     .subject = place.string(),
                     .fault = Fault::mismatch,
                     .reason = fmt::format("and {} stand for the same part of the data",
                                           file.filename().string()),
                     .way_out = "name one file or keep one pair a folder"});
  }
  if (place.extension() == ".gz") place = file;
}

/// The images and labels of one pair, with class names for labels up to `classes` − 1.
struct Loaded {
  std::string name;
  IdxArray images;
  std::vector<std::uint8_t> labels;
};

Loaded read_pair(const IdxPair& pair) {
  Loaded loaded{pair.images.string(), read_idx(pair.images), {}};
  if (pair.labels.empty()) return loaded;
  auto labels = read_idx(pair.labels);
  if (labels.shape.size() != 1 || labels.shape[0] != loaded.images.shape[0]) {
    throw data_error(
        pair.labels.string(), Fault::mismatch,
        fmt::format("has {} dimensions and {} labels, expected 1 and {}, as many as the images",
                    labels.shape.size(), labels.values.size(), loaded.images.shape[0]));
  }
  loaded.labels = std::move(labels.values);
  return loaded;
}

}  // namespace

IdxFiles find_idx_files(const fs::path& folder) {
  std::vector<fs::path> candidates;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (is_idx_name(entry->path().filename().string()) && entry->is_regular_file(ignored)) {
      candidates.push_back(entry->path());
    }
  }
  std::sort(candidates.begin(), candidates.end());
  IdxFiles files;
  for (const auto& path : candidates) {
    const auto name = path.filename().string();
    const bool is_test = contains(name, "t10k") || contains(name, "test");
    if (!is_test && !contains(name, "train")) continue;
    auto& pair = is_test ? files.test : files.train;
    if (contains(name, "images")) take(pair.images, path);
    if (contains(name, "labels")) take(pair.labels, path);
  }
  return files;
}

fs::path matching_labels(const fs::path& images) {
  std::string name = images.filename().string();
  const auto word = name.find("images");
  if (word == std::string::npos) return {};
  name.replace(word, 6, "labels");
  const auto dimensions = name.find("idx");
  if (dimensions != std::string::npos && dimensions + 3 < name.size()) name[dimensions + 3] = '1';
  const auto labels = images.parent_path() / name;
  std::error_code ignored;
  return fs::is_regular_file(labels, ignored) ? labels : fs::path{};
}

std::vector<std::shared_ptr<const Dataset>> read_idx_pairs(const std::vector<IdxPair>& pairs) {
  std::vector<Loaded> parts;
  int classes = 0;
  for (const auto& pair : pairs) {
    parts.push_back(read_pair(pair));
    for (const auto label : parts.back().labels) classes = std::max(classes, label + 1);
  }
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(classes));
  for (int i = 0; i < classes; ++i) names.push_back(std::to_string(i));
  std::vector<std::shared_ptr<const Dataset>> datasets;
  for (auto& part : parts) {
    auto own_names = part.labels.empty() ? std::vector<std::string>{} : names;
    datasets.push_back(std::make_shared<IdxDataset>(std::move(part.name), std::move(part.images),
                                                    std::move(part.labels), std::move(own_names)));
  }
  return datasets;
}

}  // namespace dbot::data
