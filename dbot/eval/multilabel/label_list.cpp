#include "dbot/eval/multilabel/label_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "dbot/core/files/files.h"
#include "dbot/data/data_error.h"
#include "dbot/data/text/captions/separated_rows.h"
#include "dbot/eval/multilabel/label_words.h"

namespace dbot::eval {

LabelList parse_label_list(std::string_view content, std::string_view name) {
  data::SeparatedRows rows(content, table_separator(content), name);
  const auto refuse = [&](const std::string& reason) {
    throw data::data_error(fmt::format("{}:{}", name, rows.line()), Fault::corrupt, reason);
  };
  const auto head = rows.next();
  if (!head || *head != std::vector<std::string>{"sample", "labels"}) {
    refuse("heads no list of labels, expected the columns sample and labels");
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> named;
  std::map<std::string, std::size_t> places;
  while (const auto row = rows.next()) {
    if (row->size() != 2) refuse(fmt::format("has {} fields, expected 2", row->size()));
    named.emplace_back((*row)[0], label_words((*row)[1]));
    for (const std::string& label : named.back().second) {
      if (label.empty()) refuse("has a label without a name");
      places.emplace(label, 0);
    }
  }
  LabelList list;
  for (auto& [label, place] : places) {
    place = list.labels.size();
    list.labels.push_back(label);
  }
  if (list.labels.size() < 2) {
    throw data::data_error(name, Fault::unlabelled,
                           fmt::format("names {} labels, expected at least 2", places.size()));
  }
  for (const auto& [sample, labels] : named) {
    std::vector<std::uint8_t> holds(list.labels.size());
    for (const std::string& label : labels) holds[places.at(label)] = 1;
    if (list.of_sample.emplace(sample, std::move(holds)).second) continue;
    throw data::data_error(name, Fault::corrupt, fmt::format("names {} twice", sample));
  }
  return list;
}

LabelList read_label_list(const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file)) {
    throw data::data_error(file.string(), Fault::missing, "is no file");
  }
  return parse_label_list(core::read_text_file(file), file.string());
}

std::vector<std::int64_t> listed_samples(const data::Dataset& dataset, const LabelList& list) {
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    if (list.of_sample.contains(dataset.key(i))) places.push_back(i);
  }
  return places;
}

}  // namespace dbot::eval
