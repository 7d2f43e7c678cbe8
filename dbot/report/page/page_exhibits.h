#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "dbot/report/page/page_parts.h"
#include "dbot/report/page/picture_embedder.h"
#include "dbot/report/pictures/set/shown_exhibits.h"

namespace dbot::report {

/// What exhibits of all moments together may take of a page. Says under `left_out` how many had no
/// room.
class ExhibitBudget {
 public:
  explicit ExhibitBudget(LeftOut& left_out) : left_out_(left_out) {}
  ExhibitBudget(const ExhibitBudget&) = delete;
  ExhibitBudget& operator=(const ExhibitBudget&) = delete;
  ~ExhibitBudget();

  /// Whether there is room for so many bytes more, which are then taken.
  bool take(std::size_t bytes);

 private:
  LeftOut& left_out_;
  std::size_t used_ = 0;
  std::size_t too_many_ = 0;
};

/// The groups of exhibits as the page draws them: texts fit to be shown, pictures as data URIs of
/// files in `folder`. `label` says of which moment, where something is left out.
PageJson exhibits_part(const ShownGallery& gallery, const std::string& label,
                       const std::filesystem::path& folder, PictureEmbedder& embedder,
                       ExhibitBudget& budget, LeftOut& left_out);

/// The same of what the run's newest evaluation shows.
PageJson evaluation_exhibits_part(const std::filesystem::path& run, LeftOut& left_out);

}  // namespace dbot::report
