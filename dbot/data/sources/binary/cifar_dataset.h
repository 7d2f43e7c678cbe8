#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/data/sources/open_context.h"
#include "dbot/data/sources/tar/shard_files.h"

namespace dbot::data {

/// What CIFAR-10 and CIFAR-100 differ in (Krizhevsky 2009; the "binary version" of
/// cs.toronto.edu/~kriz/cifar.html): records of one or two bytes of labels, the last of which
/// counts, and a red, a green and a blue plane of 32 × 32 bytes.
struct CifarFormat {
  int label_bytes = 1, classes = 10;
};

/// Images of CIFAR's binary files, read where they lie.
class CifarDataset final : public Dataset {
 public:
  /// `classes`: their names, as many as the format has. Throws DataError naming the file if one is
  /// no whole number of records, or holds a label beyond the classes.
  CifarDataset(std::vector<std::filesystem::path> files, CifarFormat format,
               std::vector<std::string> classes);

  std::int64_t size() const override { return static_cast<std::int64_t>(labels_.size()); }
  void read(std::int64_t index, Sample& sample) const override;
  std::int64_t label(std::int64_t index) const override;
  std::string name(std::int64_t index) const override;
  std::string key(std::int64_t index) const override;
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  struct Place {
    std::size_t file = 0;
    std::int64_t record = 0;
  };
  Place place_of(std::int64_t index) const;
  void read_labels(std::size_t file);

  ShardFiles files_;
  CifarFormat format_;
  std::vector<std::string> classes_;
  std::vector<std::int64_t> ends_;  // of each file, counted in images
  std::vector<std::uint8_t> labels_;
};

/// True for data_batch_N.bin, test_batch.bin, and, where they are whole numbers of CIFAR-100's
/// records, train.bin and test.bin.
bool is_cifar_name(const std::filesystem::path& path);

/// The parts, with the names of the classes that lie beside the first file (batches.meta.txt,
/// fine_label_names.txt), else numbers. Throws DataError.
std::vector<std::shared_ptr<const Dataset>> open_cifar(
    const std::vector<std::vector<std::filesystem::path>>& parts, const OpenContext& context);

}  // namespace dbot::data
