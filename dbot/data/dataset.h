#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/settings/settings.h"
#include "dbot/core/stop.h"
#include "dbot/data/image/crop.h"
#include "dbot/data/image/image.h"

namespace dbot::data {

/// A finite, ordered set of images. Thread-safe for reading.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual std::int64_t size() const = 0;
  /// Decodes one image to `channels` (1: luma, 3: RGB; grey is repeated). Throws DataError naming
  /// the file and what is wrong with it.
  virtual Image load(std::int64_t index, int channels) const = 0;
  /// The part of one image that `choose` names, resized to planar [channels, size.height,
  /// size.width] as by `resize_crop`. Data sets that can decode a part override it. Throws as
  /// `load`.
  virtual void load_crop(std::int64_t index, int channels, const ChooseCrop& choose,
                         core::Size size, std::span<std::uint8_t> planar) const;
  /// Several crops of one image. The first is that of `load_crop`, bit for bit; the others may
  /// share one decoding, which is that of the finest of them. Data sets that read from elsewhere
  /// override it, so that this is done once. Throws as `load`.
  virtual void load_crops(std::int64_t index, int channels,
                          std::span<const CropRequest> requests) const;
  /// −1 if unlabelled.
  virtual std::int64_t label(std::int64_t index) const = 0;
  /// Path or "file[index]", for messages and result files.
  virtual std::string name(std::int64_t index) const = 0;
  /// What the image is called within its data set, wherever that lies: a relative path, a number.
  virtual std::string key(std::int64_t index) const { return name(index); }
  /// Bytes of the encoded image where they are known without reading it, else −1.
  virtual std::int64_t stored_bytes(std::int64_t /*index*/) const { return -1; }
  /// Names of the classes, empty if unlabelled.
  virtual const std::vector<std::string>& classes() const = 0;
};

/// A selection of another data set, in the given order.
std::unique_ptr<Dataset> subset(std::shared_ptr<const Dataset> base,
                                std::vector<std::int64_t> indices);

/// The images to pre-train on: `path` is a folder (nested or not) of image files (codec.h), or a
/// file, a pattern or a folder of another kind (sources.h; docs/data.md lists them). Data that are
/// divided into parts give those to train on alone, and say so. Order: folders by path, byte-wise;
/// others as they lie in their files. Throws DataError if it is missing or has no image, naming
/// what was found instead; Stopped when asked to stop while it searches folders or
/// unpacks archives.
std::shared_ptr<const Dataset> open_images(const std::filesystem::path& path, const core::Log& log,
                                           const core::StopRequest* stop = nullptr);

struct LabelledSplits {
  std::shared_ptr<const Dataset> train, test;
  std::string description;  // "train/ and test/", "automatic split 80/20, seed 0"
};

/// Labelled data for evaluation: class folders under train/ and val/ or test/; sources of other
/// kinds in two parts; or class folders under `path` itself, or a source in one part, with an
/// automatic, seeded, stratified 80/20 split. Images without a label are left out.
/// Throws DataError saying what is missing when there are no labels.
LabelledSplits open_labelled(const std::filesystem::path& path, std::uint64_t seed,
                             const core::Log& log);

}  // namespace dbot::data
