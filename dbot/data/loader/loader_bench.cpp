#include "dbot/data/loader/loader_bench.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/encoded_dataset.h"
#include "dbot/data/image/normalise.h"

namespace dbot::data {
namespace {

/// Files in memory, one after the other; a pass over more images repeats them.
class MemoryFiles final : public EncodedDataset {
 public:
  MemoryFiles(std::vector<std::vector<std::uint8_t>> files, std::vector<std::string> names,
              std::int64_t size)
      : files_(std::move(files)), names_(std::move(names)), size_(size) {}

  std::int64_t size() const override { return size_; }
  void read(std::int64_t index, std::vector<std::uint8_t>& bytes) const override {
    bytes = files_[at(index)];
  }
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t index) const override { return names_[at(index)]; }
  const std::vector<std::string>& classes() const override { return no_classes_; }

 private:
  std::size_t at(std::int64_t index) const {
    return static_cast<std::size_t>(index) % files_.size();
  }
  std::vector<std::vector<std::uint8_t>> files_;
  std::vector<std::string> names_, no_classes_;
  std::int64_t size_;
};

class Noise final : public Dataset {
 public:
  explicit Noise(std::int64_t size) : size_(size), bytes_(std::size_t{1} << 16) {
    core::Random random({.seed = 1, .purpose = core::Purpose::statistics});
    for (auto& byte : bytes_) byte = static_cast<std::uint8_t>(random.next());
  }
  std::int64_t size() const override { return size_; }
  Image load(std::int64_t, int channels) const override {
    constexpr int side = 64;
    Image image{side, side, channels, {}};
    image.pixels.resize(image.row_bytes() * side);
    fill(image.pixels);
    return image;
  }
  void load_crop(std::int64_t, int, const ChooseCrop& choose, core::Size size,
                 std::span<std::uint8_t> planar) const override {
    choose(static_cast<int>(size.height), static_cast<int>(size.width));
    fill(planar);
  }
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t index) const override { return "noise " + std::to_string(index); }
  const std::vector<std::string>& classes() const override { return no_classes_; }

 private:
  void fill(std::span<std::uint8_t> to) const {
    for (std::size_t i = 0; i < to.size(); i += bytes_.size()) {
      std::memcpy(to.data() + i, bytes_.data(), std::min(bytes_.size(), to.size() - i));
    }
  }
  std::int64_t size_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::string> no_classes_;
};

}  // namespace

LoaderPass time_loader(std::shared_ptr<const Dataset> dataset, const LoaderBenchConfig& config,
                       const core::Log& log, const std::function<bool()>& stopping) {
  Loader loader(std::move(dataset), config.loader, log);
  LoaderPass pass;
  const auto consume = [&] {
    const auto batch = loader.next();
    normalise(batch->tensors.at("images"), config.mean, config.std);
    return batch->size();
  };
  consume();
  const double begin = core::steady_seconds();
  while (pass.images < config.images && !stopping()) pass.images += consume();
  pass.seconds = core::steady_seconds() - begin;
  return pass;
}

std::shared_ptr<const Dataset> in_memory(const Dataset& dataset, std::int64_t bytes) {
  const auto* encoded = dynamic_cast<const EncodedDataset*>(&dataset);
  if (!encoded) return nullptr;
  std::vector<std::vector<std::uint8_t>> files;
  std::vector<std::string> names;
  std::int64_t taken = 0;
  for (std::int64_t i = 0; i < dataset.size() && taken < bytes; ++i) {
    std::vector<std::uint8_t> content;
    try {
      encoded->read(i, content);
    } catch (const DataError&) {
      continue;
    }
    taken += static_cast<std::int64_t>(content.size());
    files.push_back(std::move(content));
    names.push_back(dataset.name(i));
  }
  if (files.empty()) return nullptr;
  return std::make_shared<MemoryFiles>(std::move(files), std::move(names), dataset.size());
}

std::shared_ptr<const Dataset> synthetic(std::int64_t size) {
  return std::make_shared<Noise>(size);
}

}  // namespace dbot::data
