#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/data/sources/open.h"
#include "dbot/data/sources/open_context.h"
#include "dbot/data/text/captions/captioned_dataset.h"
#include "dbot/data/text/captions/match_captions.h"

namespace dbot::data {

/// Where captions lie with the images (own_captions.h).
inline constexpr std::string_view kBesideImages = "beside";

/// The open parts of a data set with captions, in the order of DataParts::named. `from` is
/// "beside", or a file (caption_file.h). Images without captions, captions without images, empty
/// ones and broken text are counted (of each kind `names` are kept), and `context.log` is told of
/// them. Throws DataError as read_captions, own_captions and match_captions do.
MatchedCaptions with_captions(const DataParts& parts, const std::string& from,
                              const std::filesystem::path& path, const OpenContext& context,
                              std::size_t names = kFewNames);

/// Opens the parts that are wanted, each a CaptionedDataset. All parts are looked at: captions may
/// be those of images of any. Throws as `open` and `with_captions` do.
DataParts open_with_captions(const std::filesystem::path& path, Wanted wanted,
                             const std::string& from, const OpenContext& context);

/// The same for a data set that was opened by itself; `from` is a file.
std::shared_ptr<const CaptionedDataset> with_captions(std::shared_ptr<const Dataset> dataset,
                                                      const std::filesystem::path& from,
                                                      const std::filesystem::path& path,
                                                      const core::Log& log);

}  // namespace dbot::data
