#include <ATen/ops/empty.h>
#include <time.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/augment/augment.h"
#include "dbot/data/augment/crop_rules.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/normalise.h"
#include "dbot/data/image/part_decoder.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/loader/loader_bench.h"

namespace dbot::data {
namespace {

/// Processor seconds of this thread: others on the machine do not count.
double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Seconds since the last call.
class Lap {
 public:
  double operator()() {
    const double before = last_;
    last_ = processor_seconds();
    return last_ - before;
  }

 private:
  double last_ = processor_seconds();
};

/// Adds one image's seconds to the sums; false if it is not encoded.
bool time_image(const Dataset& dataset, std::int64_t index, const LoaderBenchConfig& config,
                core::Random& random, Sample& sample, PartDecoder& decoder, at::Tensor& pixels,
                LoaderStages& sums) {
  const auto& view = config.image;
  dataset.read(index, sample);
  Lap lap;
  dataset.read(index, sample);
  const double read = lap();
  const auto& encoded = sample.part(kImagePart);
  if (!encoded.encoded()) return false;
  const auto bytes = encoded.bytes();
  const auto& name = sample.name();
  lap();
  const auto image = decode_image(bytes, {view.channels, view.values}, name);
  const double decode_whole = lap();
  const auto crop = random_resized_crop(image.height, image.width, view.augmentation, random);
  const std::span<std::uint8_t> planar(pixels.data_ptr<std::uint8_t>(),
                                       static_cast<std::size_t>(pixels.numel()));
  lap();
  decoder.decode(
      bytes, {view.channels, view.values}, name, [&](int, int) { return CropChoice{crop}; },
      view.image_size);
  const double decode = lap();
  decoder.resize(planar);
  const double resize = lap();
  augment_pixels({planar.data(), view.channels, static_cast<int>(view.image_size.height),
                  static_cast<int>(view.image_size.width)},
                 view.augmentation.pixels, {config.loader.seed, 0, index, 0});
  const double augment = lap();
  normalise(pixels, config.mean, config.std);
  sums.normalise += lap();
  sums.read += read;
  sums.decode += decode;
  sums.resize += resize;
  sums.augment += augment;
  sums.decode_whole += decode_whole;
  sums.bytes += static_cast<double>(bytes.size());
  ++sums.images;
  return true;
}

}  // namespace

LoaderStages time_stages(const Dataset& dataset, const LoaderBenchConfig& config,
                         std::int64_t images, const std::function<bool()>& stopping) {
  const auto seed = config.loader.seed;
  const auto& view = config.image;
  auto order =
      core::permutation({.seed = seed, .purpose = core::Purpose::statistics}, dataset.size());
  core::Random random({.seed = seed, .purpose = core::Purpose::augmentation});
  auto pixels = at::empty({1, view.channels, view.image_size.height, view.image_size.width},
                          at::TensorOptions().dtype(at::kByte));
  Sample sample;
  PartDecoder decoder;
  LoaderStages sums;
  for (const auto index : order) {
    if (sums.images >= images || stopping()) break;
    try {
      if (!time_image(dataset, index, config, random, sample, decoder, pixels, sums)) return {};
    } catch (const DataError&) {
    }
  }
  for (double* sum : {&sums.bytes, &sums.read, &sums.decode, &sums.resize, &sums.augment,
                      &sums.normalise, &sums.decode_whole}) {
    *sum /= static_cast<double>(std::max<std::int64_t>(1, sums.images));
  }
  return sums;
}

}  // namespace dbot::data
