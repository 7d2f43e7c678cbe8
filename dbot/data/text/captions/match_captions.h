#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/data/text/captions/caption_list.h"
#include "dbot/data/text/captions/captioned_dataset.h"

namespace dbot::data {

inline constexpr std::size_t kFewNames = 3;

/// How many there are of something, and the names of the first `kept` of them, each once.
struct NamedCount {
  std::size_t kept = kFewNames;
  std::int64_t count = 0;
  std::vector<std::string> first = {};

  /// The same name comes again only behind itself.
  void add(std::string_view name);
  /// "a, b, c, …", the first few.
  std::string named() const;
};

/// What captions and images had of each other.
struct CaptionCounts {
  /// So many names of each kind are kept.
  explicit CaptionCounts(std::size_t names = kFewNames)
      : without{names}, missing{names}, empty{names}, broken{names} {}

  std::int64_t images = 0, captioned = 0;  // of all parts; with at least one caption
  std::int64_t captions = 0;               // that images have
  NamedCount without;                      // images without a caption
  NamedCount missing;                      // images that captions name and that are not there
  NamedCount empty;                        // captions of nothing but white space, by image
  NamedCount broken;                       // captions with bytes that are no UTF-8, by image

  /// What of it is worth a warning, a line each.
  std::vector<std::string> told() const;
};

struct MatchedCaptions {
  std::vector<std::shared_ptr<const CaptionedDataset>> parts;
  CaptionCounts counts;
};

/// Gives the parts of a data set their captions. An image is called by its path from `path` (which
/// was opened) or from `folder` (that of the captions' file), its whole path or its key, each also
/// without what stands behind its base name's first or last dot; else by its base name alone, if no
/// other image has it. Line breaks within a caption become spaces. Throws DataError, naming
/// `source`, for a base name that several images have, and where no image has a caption. Of what is
/// counted `names` are kept.
MatchedCaptions match_captions(std::vector<std::shared_ptr<const Dataset>> parts,
                               const CaptionList& captions, const std::filesystem::path& path,
                               const std::filesystem::path& folder, std::string_view source,
                               std::size_t names = kFewNames);

}  // namespace dbot::data
