#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/data/sources/binary/idx.h"

namespace dbot::data {

/// Images of an IDX file, held in memory: [images, height, width] or [images, height, width, 1 or
/// 3].
class IdxDataset final : public Dataset {
 public:
  /// `labels` may be empty (unlabelled), else one a picture, each below the number of `classes`.
  IdxDataset(std::string name, IdxArray images, std::vector<std::uint8_t> labels,
             std::vector<std::string> classes);

  std::int64_t size() const override { return images_.shape.at(0); }
  void read(std::int64_t index, Sample& sample) const override;
  std::int64_t label(std::int64_t index) const override;
  std::string name(std::int64_t index) const override;
  std::string key(std::int64_t index) const override { return std::to_string(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::string name_;
  IdxArray images_;
  std::vector<std::uint8_t> labels_;
  std::vector<std::string> classes_;
};

/// Where IDX files lie; empty paths where there is none.
struct IdxPair {
  std::filesystem::path images, labels;
};

/// The pairs of a folder under MNIST's names ("train-images-idx3-ubyte.gz",
/// "t10k-labels.idx1-ubyte", …). Throws DataError if there are several image files for one part.
struct IdxFiles {
  IdxPair train, test;
};
IdxFiles find_idx_files(const std::filesystem::path& folder);

/// The labels' file that belongs to an images' file by name; empty if there is none.
std::filesystem::path matching_labels(const std::filesystem::path& images);

/// Reads the pairs (those with images); both get the same class names "0", "1", …. Throws
/// DataError.
std::vector<std::shared_ptr<const Dataset>> read_idx_pairs(const std::vector<IdxPair>& pairs);

}  // namespace dbot::data
