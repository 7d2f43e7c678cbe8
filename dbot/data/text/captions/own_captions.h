#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/data/sources/find_source.h"
#include "dbot/data/sources/open_context.h"
#include "dbot/data/text/captions/caption_list.h"

namespace dbot::data {

/// The captions that lie beside the images of a source, of which `files` make a part and `images`
/// are. The image of each is its Dataset::name, of tar members without what stands behind the
/// first dot:
/// - folders and lists: a .txt file with the image's stem beside it, one caption a line;
/// - tar: KEY.txt, one caption a line, else KEY.json with a caption (caption_json.h);
/// - Parquet: a column of texts, or of lists of them, called caption, captions, text, ….
/// Throws DataError for other kinds of sources, and for a Parquet file without such a column.
CaptionList own_captions(const SourceKind& kind, const PartFiles& files, const Dataset& images,
                         const OpenContext& context);

}  // namespace dbot::data
