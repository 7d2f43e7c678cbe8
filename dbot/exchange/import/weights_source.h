#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/formats/torch/weights_file.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::exchange {

/// One weights file, or the shards that an index names (model.safetensors.index.json,
/// pytorch_model.bin.index.json), as one list of tensors.
class WeightsSource {
 public:
  /// Throws DataError naming the file and what is wrong: also for an index whose shard, or a shard
  /// whose tensor, is missing.
  static WeightsSource open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  /// "safetensors", "PyTorch zip", …
  std::string_view container() const;
  const std::map<std::string, std::string>& metadata() const;
  std::vector<std::string> names() const;
  const std::vector<formats::UnreadTensor>& unread() const { return unread_; }
  const std::vector<formats::WeightsFile>& files() const { return files_; }
  /// Of the files, in their order.
  const std::vector<std::filesystem::path>& paths() const { return paths_; }

  /// Contiguous copies of some of the tensors, bit for bit. Throws DataError for a name that is not
  /// there, for damaged data, and for views that would take up far more memory than their files.
  runtime::NamedTensors read(const std::vector<std::string>& names) const;

 private:
  struct Place {
    std::size_t file = 0, tensor = 0;
  };
  void add(const std::filesystem::path& path);

  std::filesystem::path path_;
  std::vector<formats::WeightsFile> files_;
  std::vector<std::filesystem::path> paths_;
  std::map<std::string, Place, std::less<>> places_;
  std::vector<formats::UnreadTensor> unread_;
};

}  // namespace dbot::exchange
