#include "dbot/data/loader/loader_bench.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/image/normalise.h"
#include "dbot/data/image/sample_image.h"

namespace dbot::data {
namespace {

/// Encoded images in memory, one after the other; a pass over more images repeats them.
class MemoryFiles final : public Dataset {
 public:
  MemoryFiles(std::vector<std::vector<std::uint8_t>> files, std::vector<std::string> names,
              std::int64_t size)
      : files_(std::move(files)), names_(std::move(names)), size_(size) {}

  std::int64_t size() const override { return size_; }
  void read(std::int64_t index, Sample& sample) const override {
    sample.begin(names_[at(index)]);
    sample.add(kImagePart).borrow_encoded(files_[at(index)]);
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

/// Samples without parts.
class NoSamples final : public Dataset {
 public:
  explicit NoSamples(std::int64_t size) : size_(size) {}
  std::int64_t size() const override { return size_; }
  void read(std::int64_t, Sample& sample) const override { sample.begin("noise"); }
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t) const override { return "noise"; }
  const std::vector<std::string>& classes() const override { return no_classes_; }

 private:
  std::int64_t size_;
  std::vector<std::string> no_classes_;
};

/// Makes crops of noise, of the size that is wanted; where they would be cut is drawn all the same.
MakeCrops noise_crops() {
  std::vector<std::uint8_t> noise(std::size_t{1} << 16);
  core::Random random({.seed = 1, .purpose = core::Purpose::statistics});
  for (auto& byte : noise) byte = static_cast<std::uint8_t>(random.next());
  return [noise = std::move(noise)](const Sample&, const PixelFormat&,
                                    std::span<const CropRequest> requests) {
    for (const auto& [choose, size, planar] : requests) {
      choose(static_cast<int>(size.height), static_cast<int>(size.width));
      for (std::size_t i = 0; i < planar.size(); i += noise.size()) {
        std::memcpy(planar.data() + i, noise.data(), std::min(noise.size(), planar.size() - i));
      }
    }
  };
}

LoaderPass time_pass(Loader& loader, const LoaderBenchConfig& config,
                     const std::function<bool()>& stopping) {
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

}  // namespace

LoaderPass time_loader(std::shared_ptr<const Dataset> dataset, const LoaderBenchConfig& config,
                       const core::Log& log, const std::function<bool()>& stopping) {
  Loader loader(std::move(dataset), {image_part(config.image)}, config.loader, log);
  return time_pass(loader, config, stopping);
}

LoaderPass time_noise(std::int64_t size, const LoaderBenchConfig& config, const core::Log& log,
                      const std::function<bool()>& stopping) {
  Loader loader(std::make_shared<NoSamples>(size), {image_part(config.image, noise_crops())},
                config.loader, log);
  return time_pass(loader, config, stopping);
}

std::shared_ptr<const Dataset> in_memory(const Dataset& dataset, std::int64_t bytes) {
  std::vector<std::vector<std::uint8_t>> files;
  std::vector<std::string> names;
  std::int64_t taken = 0;
  Sample sample;
  for (std::int64_t i = 0; i < dataset.size() && taken < bytes; ++i) {
    try {
      dataset.read(i, sample);
    } catch (const DataError&) {
      continue;
    }
    auto* image = sample.find(kImagePart);
    if (image == nullptr || !image->encoded()) return nullptr;
    files.push_back(image->take());
    taken += static_cast<std::int64_t>(files.back().size());
    names.push_back(sample.name());
  }
  if (files.empty()) return nullptr;
  return std::make_shared<MemoryFiles>(std::move(files), std::move(names), dataset.size());
}

}  // namespace dbot::data
