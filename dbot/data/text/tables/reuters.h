#pragma once

#include <filesystem>
#include <vector>

#include "dbot/data/text/tables/labelled_texts.h"

namespace dbot::data {

/// Files *.sgm of a folder, by name.
std::vector<std::filesystem::path> news_files(const std::filesystem::path& folder);

/// Reuters-21578 by ModApte (Apté, Damerau & Weiss, ACM TOIS 12(3), 1994), as "R90": documents with
/// TOPICS="YES" whose LEWISSPLIT is TRAIN or TEST, topics that both parts have, and of the
/// documents those that have one of them: 7,770 and 3,019 with 90 labels. Throws DataError as
/// `parse_news`, and where no topic is in both parts.
LabelledTextParts read_reuters(const std::filesystem::path& folder);

}  // namespace dbot::data
