#include "dbot/data/text/tables/labelled_texts.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/data/data_error.h"
#include "dbot/data/text/tables/reuters.h"
#include "dbot/data/text/tables/tab_separated.h"

namespace dbot::data {

void LabelledTexts::add(std::string_view text, std::string_view name,
                        std::vector<std::int32_t> of_text) {
  texts.add(text);
  names.add(name);
  labels.push_back(std::move(of_text));
}

bool holds_labelled_texts(const std::filesystem::path& folder) {
  return std::filesystem::is_directory(folder) &&
         (!news_files(folder).empty() || holds_text_tables(folder));
}

LabelledTextParts open_labelled_texts(const std::filesystem::path& folder, const core::Log& log) {
  if (!std::filesystem::exists(folder)) {
    throw data_error(folder.string(), Fault::missing, "does not exist");
  }
  LabelledTextParts parts;
  if (std::filesystem::is_directory(folder) && !news_files(folder).empty()) {
    parts = read_reuters(folder);
  } else if (holds_text_tables(folder)) {
    parts = read_text_tables(folder);
  } else {
    throw data_error(folder.string(), Fault::unsupported,
                     "holds no texts with labels, expected Reuters-21578 (*.sgm), or train.tsv, "
                     "test.tsv and labels.txt");
  }
  log(core::LogLevel::information,
      fmt::format("[data] {}: {} texts to train on and {} to test on, {} labels ({})",
                  folder.string(), parts.train.size(), parts.test.size(), parts.labels.size(),
                  parts.kind));
  return parts;
}

}  // namespace dbot::data
