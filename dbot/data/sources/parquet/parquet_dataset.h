#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/data/sources/labels.h"
#include "dbot/data/sources/open_context.h"
#include "dbot/data/sources/parquet/parquet_file.h"

namespace dbot::data {

/// Encoded images in Parquet files. Compressed bytes cannot be read at random: an image costs its
/// row group, and the groups used last are kept, up to `kKeptGroupBytes` beside those in work. A
/// pack (pack.h) has no such cost.
class ParquetDataset final : public Dataset {
 public:
  ParquetDataset(std::vector<std::filesystem::path> paths, std::vector<ParquetFile> files,
                 Labels labels);
  ~ParquetDataset() override;

  std::int64_t size() const override { return groups_.empty() ? 0 : groups_.back().end; }
  void read(std::int64_t index, Sample& sample) const override;
  std::int64_t label(std::int64_t index) const override;
  std::string name(std::int64_t index) const override;
  std::string key(std::int64_t index) const override;
  const std::vector<std::string>& classes() const override { return labels_.classes; }

 private:
  struct Group {
    std::size_t file = 0, group = 0;
    std::int64_t first_row = 0;       // in its file
    std::int64_t begin = 0, end = 0;  // in the data set
  };
  class Cache;
  std::size_t group_of(std::int64_t index) const;
  std::int64_t row_of(std::int64_t index) const;

  std::vector<std::filesystem::path> paths_;
  std::vector<ParquetFile> files_;
  Labels labels_;
  std::vector<Group> groups_;
  std::unique_ptr<Cache> cache_;
};

inline constexpr std::uint64_t kKeptGroupBytes = std::uint64_t{1} << 29;

/// The images of the Parquet files of each part; labels count the same classes. Throws DataError.
std::vector<std::shared_ptr<const Dataset>> open_parquets(
    const std::vector<std::vector<std::filesystem::path>>& parts, const OpenContext& context);

/// True for .parquet, in any case.
bool is_parquet_name(const std::filesystem::path& path);

}  // namespace dbot::data
