#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/data/text/tables/labelled_texts.h"

namespace dbot::data {

/// Whether a folder holds train.tsv, test.tsv and labels.txt.
bool holds_text_tables(const std::filesystem::path& folder);

/// Rows "TEXT <tab> LABELS <tab> …", as GoEmotions has them (Demszky et al., ACL 2020): labels are
/// places in labels.txt, from 0, or its names, with commas between; no label: an empty field. All
/// rows have as many fields as the first. `name` is the file's in messages. Throws DataError
/// ("[data] NAME:LINE: reason") for a row of another length and a label that is none.
LabelledTexts parse_text_table(std::string_view content, std::string_view name,
                               const std::vector<std::string>& labels);

/// train.tsv, test.tsv and labels.txt of a folder; dev.tsv is not read, since what policies are
/// tuned on is held out from what is trained on. Throws DataError, also for an empty table.
LabelledTextParts read_text_tables(const std::filesystem::path& folder);

}  // namespace dbot::data
