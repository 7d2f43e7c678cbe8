#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/dataset.h"
#include "dbot/data/sources/names_within.h"
#include "dbot/data/text/captions/match_captions.h"

namespace dbot::data {

/// A file beside the images that no command reads as one.
struct OtherFile {
  std::string name;  // relative to the data set's folder
  std::string what;  // "a GIF image", "text"; empty if nobody can tell
  bool is_image = false;
};

/// What becomes of masks beside photographs (sources/folder/mask_files.h).
enum class MaskChoice {
  kept,      // they are images like others, and named
  left_out,  // as training leaves them out
};

/// Everything that a data set holds: the images of all its parts, numbered through, and the files
/// beside them.
class AuditedSet {
 public:
  /// A folder, or anything else that `data::open` takes, in all its parts. `captions`: where those
  /// of its images are, "beside" or a file; empty: they have none. Throws DataError as `data::open`
  /// and `with_captions` do.
  static AuditedSet open(const std::filesystem::path& path, const core::Log& log,
                         MaskChoice masks = MaskChoice::kept, const std::string& captions = {});

  struct Part {
    std::string name;
    std::shared_ptr<const Dataset> images;
    std::int64_t begin = 0;         // number of its first image
    std::vector<int> class_number;  // of each of its own classes, in `classes()`
  };

  const std::filesystem::path& path() const { return path_; }
  const std::vector<Part>& parts() const { return parts_; }
  std::int64_t size() const;
  const Part& part_of(std::int64_t image) const;
  int part_number(std::int64_t image) const;

  /// Relative to the folder: "train/dog/1.jpg".
  std::string name(std::int64_t image) const;
  /// Place in `classes()`; −1 if unlabelled.
  int label(std::int64_t image) const;
  /// Of all parts together, by name, sorted byte-wise.
  const std::vector<std::string>& classes() const { return classes_; }

  const std::vector<OtherFile>& other_files() const { return other_files_; }

  /// What captions and images have of each other, all by name; nothing unless they were asked for.
  const std::optional<MatchedCaptions>& captions() const { return captions_; }

  /// Images that are masks of others, which training leaves out; none where they were left out.
  const std::vector<std::int64_t>& masks() const { return masks_; }

 private:
  void number_classes();
  void find_other_files();
  void find_masks();

  std::filesystem::path path_;
  std::vector<Part> parts_;
  NamesWithin name_within_{{}};
  std::vector<std::string> classes_;
  std::vector<OtherFile> other_files_;
  std::vector<std::int64_t> masks_;
  std::optional<MatchedCaptions> captions_;
};

}  // namespace dbot::data
