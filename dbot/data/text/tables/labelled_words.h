#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "dbot/core/log.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/text/tables/tf_idf.h"

// Texts with one class each, as the numbers of their words in order.
namespace dbot::data {

/// A word's number, 1 … 2^24 − 1, of its name alone: no vocabulary is needed, and float32 holds it.
/// Two words of one number are rarer than one pair in 16 million.
std::int64_t word_number(std::string_view word);

/// The numbers of the first `length` words of a text (words.h), in order; places are 0, 1, ….
SparseRow word_row(std::string_view text, std::int64_t length);

/// The texts of a folder (labelled_texts.h) that have one label, which is their class; the log is
/// told how many have none or several, and so are left out. Classes are the labels that texts of
/// both parts have, in their order. A sample has kRowPlaces and kRowValues (row_parts.h). Throws
/// DataError as open_labelled_texts, and where fewer than two classes are left.
LabelledSplits open_labelled_words(const std::filesystem::path& folder, std::int64_t length,
                                   const core::Log& log);

}  // namespace dbot::data
