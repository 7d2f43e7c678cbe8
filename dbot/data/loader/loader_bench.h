#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/data/loader/image_part.h"
#include "dbot/data/loader/loader.h"

// How fast images come: where the time of loading goes, and what it would be without reading or
// without decoding.
namespace dbot::data {

struct LoaderBenchConfig {
  LoaderConfig loader;
  ImagePartConfig image;
  std::vector<double> mean, std;  // of normalising, which is part of what is timed
  std::int64_t images = 2000;     // of a pass, at least; whole batches are timed
};

/// What a pass was timed for.
struct LoaderPass {
  std::int64_t images = 0;
  double seconds = 0;
  double images_per_second() const { return static_cast<double>(images) / seconds; }
};

/// Loads batches, normalises them on the CPU and lets them go. The clock starts with the second
/// batch: threads and buffers are there by then. `stopping` is asked between batches.
LoaderPass time_loader(std::shared_ptr<const Dataset> dataset, const LoaderBenchConfig& config,
                       const core::Log& log, const std::function<bool()>& stopping);

/// The same of as many samples of noise, whose crops come ready: what is left is changing pixels,
/// handing over and normalising.
LoaderPass time_noise(std::int64_t size, const LoaderBenchConfig& config, const core::Log& log,
                      const std::function<bool()>& stopping);

/// The same images with the bytes of their files in memory, up to `bytes` of them: what is left is
/// decoding. Null unless they are encoded.
std::shared_ptr<const Dataset> in_memory(const Dataset& dataset, std::int64_t bytes);

/// Mean seconds of one thread for one image, over images that were read once before.
struct LoaderStages {
  std::int64_t images = 0;
  double bytes = 0;  // of a file
  double read = 0, decode = 0, resize = 0, augment = 0, normalise = 0;
  double decode_whole = 0;  // the whole image by the codec's library, beside `decode`
};

/// Times each stage of up to `images` images, drawn like the loader's. Unreadable ones are left
/// out. Zeros unless the images are encoded.
LoaderStages time_stages(const Dataset& dataset, const LoaderBenchConfig& config,
                         std::int64_t images, const std::function<bool()>& stopping);

}  // namespace dbot::data
