#include "dbot/data/sources/parquet/parquet_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <future>
#include <list>
#include <mutex>
#include <string_view>
#include <utility>

#include "dbot/data/data_error.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/scratch.h"

namespace dbot::data {

/// The row groups used last. A group that several threads ask for is read once.
class ParquetDataset::Cache {
 public:
  using Read = std::shared_ptr<const ParquetGroup>;

  template <typename Make>
  Read get(std::size_t group, const Make& make) {
    std::unique_lock lock(mutex_);
    const auto found = std::ranges::find(entries_, group, &Entry::group);
    if (found != entries_.end()) {
      entries_.splice(entries_.begin(), entries_, found);
      const auto result = entries_.front().result;
      lock.unlock();
      return result.get();
    }
    std::promise<Read> promise;
    entries_.push_front({group, promise.get_future().share(), 0});
    lock.unlock();
    try {
      auto read = std::make_shared<const ParquetGroup>(make());
      promise.set_value(read);
      lock.lock();
      keep(group, read->bytes.size());
      return read;
    } catch (...) {
      promise.set_exception(std::current_exception());
      lock.lock();
      std::erase_if(entries_, [&](const Entry& entry) { return entry.group == group; });
      throw;
    }
  }

 private:
  struct Entry {
    std::size_t group = 0;
    std::shared_future<Read> result;
    std::uint64_t bytes = 0;  // 0: in work
  };

  void keep(std::size_t group, std::uint64_t bytes) {
    const auto found = std::ranges::find(entries_, group, &Entry::group);
    if (found != entries_.end()) found->bytes = std::max<std::uint64_t>(bytes, 1);
    std::uint64_t kept = 0;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      kept += entry->bytes;
      const bool drop = kept > kKeptGroupBytes && entry->bytes > 0 && entry != entries_.begin();
      entry = drop ? entries_.erase(entry) : std::next(entry);
    }
  }

  std::mutex mutex_;
  std::list<Entry> entries_;  // the one used last comes first
};

ParquetDataset::ParquetDataset(std::vector<std::filesystem::path> paths,
                               std::vector<ParquetFile> files, Labels labels)
    : paths_(std::move(paths)),
      files_(std::move(files)),
      labels_(std::move(labels)),
      cache_(std::make_unique<Cache>()) {
  std::int64_t begin = 0;
  for (std::size_t file = 0; file < files_.size(); ++file) {
    std::int64_t row = 0;
    const auto& rows = files_[file].group_rows();
    for (std::size_t group = 0; group < rows.size(); ++group) {
      if (rows[group] == 0) continue;
      groups_.push_back({file, group, row, begin, begin + rows[group]});
      row += rows[group];
      begin += rows[group];
    }
  }
}

ParquetDataset::~ParquetDataset() = default;

std::size_t ParquetDataset::group_of(std::int64_t index) const {
  const auto found = std::ranges::upper_bound(groups_, index, {}, &Group::end);
  if (index < 0 || found == groups_.end()) {
    throw data_error(paths_.front().string(), Fault::other,
                     fmt::format("has no image {} of {}", index, size()));
  }
  return static_cast<std::size_t>(found - groups_.begin());
}

std::int64_t ParquetDataset::row_of(std::int64_t index) const {
  const Group& group = groups_[group_of(index)];
  return group.first_row + index - group.begin;
}

void ParquetDataset::read(std::int64_t index, Sample& sample) const {
  sample.begin(name(index));
  const auto at = group_of(index);
  const Group& group = groups_[at];
  const auto read = cache_->get(at, [&] { return files_[group.file].read_group(group.group); });
  const auto image = read->image(static_cast<std::size_t>(index - group.begin));
  if (image.empty()) {
    throw data_error(
        name(index), Fault::empty,
        "has no bytes in the file, a path at most; write the image's bytes into it, or "
        "list the image files in a .csv file");
  }
  auto& bytes = sample.add(kImagePart).own_encoded();
  room(bytes, image.size());
  bytes.assign(image.begin(), image.end());
}

std::int64_t ParquetDataset::label(std::int64_t index) const {
  return labels_.classes.empty() ? -1 : labels_.of_sample.at(static_cast<std::size_t>(index));
}

std::string ParquetDataset::name(std::int64_t index) const {
  return fmt::format("{}[{}]", paths_[groups_[group_of(index)].file].string(), row_of(index));
}

std::string ParquetDataset::key(std::int64_t index) const {
  return fmt::format("{}[{}]", paths_[groups_[group_of(index)].file].filename().string(),
                     row_of(index));
}

namespace {

/// The columns are alike in all files: the first speaks for them.
void tell(const ParquetFile& first, const LabelReader& reader, const std::filesystem::path& path,
          const core::Log& log) {
  const auto warn = [&](const std::string& text) {
    log(core::LogLevel::warning, fmt::format("[data] {}: {}", path.string(), text));
  };
  for (const auto& remark : first.remarks()) warn(remark);
  if (reader.any_trouble()) warn(reader.trouble());
}

}  // namespace

std::vector<std::shared_ptr<const Dataset>> open_parquets(
    const std::vector<std::vector<std::filesystem::path>>& parts, const OpenContext& context) {
  std::vector<std::vector<ParquetFile>> files(parts.size());
  std::vector<LabelWords> words(parts.size());
  std::vector<std::string> classes;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::uint64_t bytes = 0;
    LabelReader reader;
    for (const auto& path : parts[i]) {
      files[i].emplace_back(path);
      files[i].back().add_labels(words[i], reader);
      if (classes.empty()) classes = files[i].back().classes();
      bytes += files[i].back().image_bytes();
    }
    if (words[i].samples() == 0) {
      throw data_error(parts[i].front().string(), Fault::empty, "has no rows");
    }
    tell(files[i].front(), reader, parts[i].front(), context.log);
    if (bytes > kKeptGroupBytes) {
      context.log(
          core::LogLevel::information,
          fmt::format("{}: {:.1f} GB in row groups, each of which is read for one image; dbot data "
                      "pack makes this faster",
                      parts[i].front().string(), static_cast<double>(bytes) / 1e9));
    }
  }
  auto labels = number_alike(words, classes);
  std::vector<std::shared_ptr<const Dataset>> datasets;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    datasets.push_back(
        std::make_shared<ParquetDataset>(parts[i], std::move(files[i]), std::move(labels[i])));
  }
  return datasets;
}

bool is_parquet_name(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  return std::ranges::equal(extension, std::string_view(".parquet"), [](unsigned char a, char b) {
    return static_cast<char>(std::tolower(a)) == b;
  });
}

}  // namespace dbot::data
