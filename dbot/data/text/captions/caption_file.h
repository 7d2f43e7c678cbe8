#pragma once

#include <filesystem>
#include <string_view>

#include "dbot/core/text_list.h"
#include "dbot/data/text/captions/caption_list.h"

namespace dbot::data {

/// The captions of a file, read as its ending says: .jsonl and .ndjson (JSON lines), .json (COCO's
/// captions, or a list of objects), else a table (caption_table.h), whose first line says how it is
/// divided. Throws DataError naming the file if it cannot be read, and the row of what is wrong.
CaptionList read_captions(const std::filesystem::path& file);

/// The texts of a file: its captions where it is one of these, else its lines. Those without a
/// character but white space are left out.
core::TextList read_texts(const std::filesystem::path& file);

/// True for .txt, .csv, .tsv, .token, .json, .jsonl and .ndjson, in any case.
bool is_caption_file(const std::filesystem::path& file);

}  // namespace dbot::data
