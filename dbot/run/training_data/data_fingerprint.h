#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::run {

/// What a set of images is recognised by when a run goes on: names relative to its folder and sizes
/// of the files, as checksums of up to 64 pieces, so that a difference can be placed. Of large sets
/// every `stride`-th file is asked for its size, about 8,192 in all: asking each of millions takes
/// minutes. Where several images share a file, some pixels stand for the sizes. Moving or copying a
/// folder changes nothing; neither does changing a file's content without its size, which is not
/// looked for.
struct DataFingerprint {
  std::int64_t images = 0;
  std::int64_t piece = 1;   // images of one piece, a power of two
  std::int64_t stride = 1;  // a power of two, at most `piece`
  std::vector<std::string> names, sizes;
};

/// `roots`: the folder or file of each source.
DataFingerprint fingerprint(const data::Dataset& dataset,
                            const std::vector<std::filesystem::path>& roots);

/// In words what of `now` is not as `before`; empty if nothing. `dataset` is that of now.
std::string difference(const DataFingerprint& before, const DataFingerprint& now,
                       const data::Dataset& dataset);

}  // namespace dbot::run
