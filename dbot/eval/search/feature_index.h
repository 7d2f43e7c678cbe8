#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "dbot/data/dataset.h"
#include "dbot/eval/frozen/features.h"

// Features of a data set that were kept in a file (frozen/embedding.h), to be searched again
// without a pass over the images. The file says what they were made of.
namespace dbot::eval {

/// By what features are recognised: two texts of any kind, the same for the same weights and the
/// same images.
struct IndexIdentity {
  std::string network, images;
};

/// Of a network and what becomes of pixels before it: a checksum of names, shapes and values.
/// Precision and threads, which change features by their last digits, are not part of it.
std::string network_identity(const nn::Backbone& backbone, const ExtractionSettings& settings);

/// What `write_embedding` is to put into the file.
std::map<std::string, std::string> index_metadata(const IndexIdentity& identity,
                                                  const Features& features,
                                                  const data::Dataset& dataset);

/// Reads the features of one kind, "mean" or "grid:3@3,6"; labels are those of the data set. Throws
/// DataError naming the file for one that is none, was made by another network or of other images,
/// or lacks the kind.
Features read_feature_index(const std::filesystem::path& path, const std::string& kind,
                            const IndexIdentity& identity, const data::Dataset& dataset);

}  // namespace dbot::eval
