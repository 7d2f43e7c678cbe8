#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dbot/data/audit/audited_set.h"
#include "dbot/data/audit/copies.h"

namespace dbot::data {

struct SetSplitConfig {
  double test = 0.1, val = 0;  // shares of the images
  std::uint64_t seed = 0;
  bool by_class = false;  // the same shares of every class
};

/// Numbers of the images of each part, ascending.
struct SetSplit {
  std::vector<std::int64_t> train, val, test;
};

/// Divides `images` of a set by a draw that is keyed on the seed and each image's own name: images
/// that are added or removed hardly move the others. Each group stays together: it goes where its
/// first image is drawn to, or into training if it is too large for what is left of that part.
/// Shares are rounded; of a class of two and more at least one image goes to a part whose share is
/// above 0. Throws UsageError for shares that are not within 0…1 together, DataError where nothing
/// is left to train on.
SetSplit split_set(const AuditedSet& set, const std::vector<std::int64_t>& images,
                   const std::vector<CopyGroup>& groups, const SetSplitConfig& config);

/// The text of a list of images: "path,label" and one image a line, or paths alone where there are
/// no labels; fields as RFC 4180 quotes them. Paths are relative to `folder`, where the list will
/// lie.
std::string list_text(const AuditedSet& set, const std::vector<std::int64_t>& images,
                      const std::filesystem::path& folder);

/// Makes symbolic links to the images under `folder`, under their own names without the part's.
/// Throws Error where one cannot be made.
void link_images(const AuditedSet& set, const std::vector<std::int64_t>& images,
                 const std::filesystem::path& folder);

}  // namespace dbot::data
