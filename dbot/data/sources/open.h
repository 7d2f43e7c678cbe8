#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/data/sources/find_source.h"
#include "dbot/data/sources/open_context.h"
#include "dbot/data/sources/paths/part_folders.h"

// From a path to data sets: a folder (nested or not) of image files (codec.h), or a file, a pattern
// or a folder of another kind (source_kinds.h; docs/data.md lists them).
namespace dbot::data {

/// A part of a data set, and what it is called: "train", "val", "test"; nothing where the data set
/// is not divided.
struct NamedPart {
  std::string name;
  std::shared_ptr<const Dataset> images;
};

/// A data set in its parts; null are those that are not there or were not asked for. One that is
/// not divided is `train`.
struct DataParts {
  Source source;
  std::shared_ptr<const Dataset> train, val, test;
  /// The folders that the parts lie in inside one archive; empty where they do not.
  PartFolders inside = {};
  /// What evaluation reads.
  const std::shared_ptr<const Dataset>& held_out() const { return val ? val : test; }
  /// Those that are open, in this order.
  std::vector<NamedPart> named() const;
  bool divided() const { return source.divided() || inside.divided(); }
  /// "train/", for messages.
  std::string shown_train() const;
  std::string shown_held_out() const;
};

enum class Wanted { train, held_out, train_and_held_out, all };

/// Opens the parts that are wanted. Order: folders by path, byte-wise; others as they lie in their
/// files. Where only the part to train on is wanted of several, the log says so. Throws DataError
/// if the path is missing or has no image, naming what was found instead; Stopped when asked to
/// stop while it searches folders or unpacks archives.
DataParts open(const std::filesystem::path& path, Wanted wanted, const OpenContext& context);
DataParts open(const std::filesystem::path& path, Source source, Wanted wanted,
               const OpenContext& context);

/// Lets go of the parts that are not wanted. Where only the part to train on is wanted of several,
/// the log is told which one that is.
void keep_wanted(DataParts& parts, Wanted wanted, const std::filesystem::path& path,
                 const core::Log& log);

/// The images to pre-train on.
std::shared_ptr<const Dataset> open_images(const std::filesystem::path& path, const core::Log& log,
                                           const core::StopRequest* stop = nullptr,
                                           const Choice& choice = {});

/// The images beside those that `open_images` gives for the same path. Null if there are none, or
/// they cannot be read: nobody asked for them.
std::shared_ptr<const Dataset> open_held_out(const std::filesystem::path& path,
                                             const core::Log& log, const Choice& choice = {});

enum class Part { train, test, all };

/// "train", "test" or "all"; throws UsageError otherwise, naming `option`.
Part parse_part(std::string_view text, std::string_view option);

/// The images of a part of a data set that is divided already; of one that is not, all images.
/// Throws as `open`, and DataError where a test part is asked for that is not there.
std::shared_ptr<const Dataset> open_part(const std::filesystem::path& path, Part part,
                                         const OpenContext& context);

struct LabelledSplits {
  std::shared_ptr<const Dataset> train, test;
  std::string description;  // "train/ and test/", "automatic split 80/20, seed 0"
  std::string labels = {};  // what they come from: "folder", "list", "labels.csv"
  Content content = Content::images;
};

/// Labelled images or videos for evaluation: class folders under train/ and val/ or test/; sources
/// of other kinds in two parts; or class folders under `path` itself, or a source in one part, with
/// an automatic, seeded, stratified 80/20 split. Samples without a label are left out. Throws
/// DataError saying what is missing when there are no labels, or no samples of `content`.
LabelledSplits open_labelled(const std::filesystem::path& path, std::uint64_t seed,
                             const core::Log& log, const Choice& choice = {},
                             Content content = Content::images);

}  // namespace dbot::data
