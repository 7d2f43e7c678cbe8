#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/eval/search/feature_index.h"
#include "dbot/nn/backbone.h"
#include "dbot/tools/search/query_images.h"

// The images of a set that are most like others, by the features of a network.
namespace dbot::tools {

/// 1 − cosine of the features of one picture twice: at most this, and at most this share of what
/// the farthest image listed has, since some networks find all images alike. Rounding is no
/// difference.
inline constexpr double kSamePicture = 0.001, kSamePictureShare = 0.05, kRounding = 1e-5;

struct SearchOptions {
  std::filesystem::path data;             // where the set lies: files are named within it
  std::string feature = "mean";           // one kind
  std::vector<std::int64_t> blocks = {};  // whose features are joined; empty: the last
  std::int64_t top = 12;
  /// Features of the set: read where there is such a file, else kept there; empty: neither.
  std::filesystem::path index = {};
};

struct FoundImage {
  std::int64_t image = 0;  // of the set
  double similarity = 0;   // cosine
  bool copy = false;       // the same picture
};

struct ImageSearch {
  QueryImages queries;
  std::vector<std::vector<FoundImage>> nearest;  // of each query, nearest first, without itself
  std::int64_t images = 0, skipped = 0;          // searched; unreadable ones
  std::string features;                          // "mean@3,6"
  bool from_index = false;
  double seconds = 0;  // of the comparison alone
};

/// By what an index of these images is recognised. `data`: the folder or file that was opened.
eval::IndexIdentity index_identity(const nn::Backbone& network,
                                   const eval::ExtractionSettings& settings,
                                   const data::Dataset& dataset, const std::filesystem::path& data);

/// Computes what is not in the index and compares: exact, in bounded memory beside the set's
/// features. Throws UsageError for more neighbours than the set has, DataError for an index that
/// does not fit, Stopped.
ImageSearch search_images(const nn::Backbone& network,
                          const std::shared_ptr<const data::Dataset>& set, QueryImages queries,
                          const SearchOptions& options, const eval::ExtractionSettings& settings,
                          const core::StopRequest& stop, const core::Log& log);

/// Where a search was written.
struct SearchFiles {
  std::filesystem::path page, sheet;
  std::size_t on_sheet = 0, on_page = 0;  // queries
};

/// Writes search.html and search.png into a folder, which is made where it is missing. `model` is
/// shown. Both show the first queries, as many as fit.
SearchFiles write_search(const ImageSearch& search, const data::Dataset& set,
                         const SearchOptions& options, const std::string& model,
                         const data::PixelFormat& format, const std::filesystem::path& out,
                         const core::StopRequest& stop);

}  // namespace dbot::tools
