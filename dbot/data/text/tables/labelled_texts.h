#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/text_list.h"

// Texts that have several labels each, as the collections of text classification hold them.
namespace dbot::data {

/// The texts of one part, UTF-8.
struct LabelledTexts {
  core::TextList texts, names;                    // of each: "FILE[3001]", "FILE:12"
  std::vector<std::vector<std::int32_t>> labels;  // of each: rising places in the list of labels

  std::size_t size() const { return labels.size(); }
  void add(std::string_view text, std::string_view name, std::vector<std::int32_t> of_text);
};

struct LabelledTextParts {
  std::string kind;                 // "reuters", "tab-separated"
  std::vector<std::string> labels;  // all that there are
  LabelledTexts train, test;
};

/// The texts of a folder: files *.sgm are Reuters-21578 (reuters.h), train.tsv beside labels.txt
/// tables (tab_separated.h). Throws DataError for a folder that is neither, or is broken.
LabelledTextParts open_labelled_texts(const std::filesystem::path& folder, const core::Log& log);

/// Whether a folder looks like one of them.
bool holds_labelled_texts(const std::filesystem::path& folder);

}  // namespace dbot::data
