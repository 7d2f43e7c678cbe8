#include "dbot/eval/multilabel/score_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "dbot/core/files/files.h"
#include "dbot/data/data_error.h"
#include "dbot/data/text/captions/separated_rows.h"
#include "dbot/eval/multilabel/label_words.h"

namespace dbot::eval {
namespace {

[[noreturn]] void refuse_table(const std::string& where, const std::string& reason) {
  throw data::data_error(where, Fault::corrupt, reason);
}

/// Which column is what.
struct Columns {
  std::size_t count = 0, labels = 0;
  std::optional<std::size_t> part;
  std::vector<std::size_t> scores;  // of each label
};

Columns columns_of(const std::vector<std::string>& head, const std::string& where,
                   std::vector<std::string>& labels) {
  Columns columns{.count = head.size(), .labels = head.size(), .part = {}, .scores = {}};
  if (std::set<std::string>(head.begin(), head.end()).size() != head.size()) {
    refuse_table(where, "names a column twice");
  }
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == "sample") continue;
    if (head[i] == "labels") {
      columns.labels = i;
    } else if (head[i] == "part") {
      columns.part = i;
    } else {
      columns.scores.push_back(i);
      labels.push_back(head[i]);
    }
  }
  if (columns.labels == head.size() || labels.empty()) {
    refuse_table(where,
                 "heads no table of scores, expected a column labels with the labels that "
                 "hold, and one of scores for each label");
  }
  return columns;
}

double score_in(const std::string& field, const std::string& label, const std::string& where) {
  double score = 0;
  const char* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, score);
  // A comparison that NaN fails, too.
  if (error == std::errc() && stop == end && score >= 0 && score <= 1) return score;
  refuse_table(where, fmt::format("the score of {} is \"{}\", expected a number between 0 and 1",
                                  label, field));
}

/// 1 in the places of the labels that a field names.
std::vector<std::uint8_t> labels_that_hold(const std::string& field,
                                           const std::vector<std::string>& labels,
                                           const std::string& where) {
  std::vector<std::uint8_t> holds(labels.size());
  for (const std::string& word : label_words(field)) {
    const auto label = std::ranges::find(labels, word);
    if (label == labels.end()) {
      refuse_table(where, fmt::format("the label \"{}\" has no column of scores", word));
    }
    holds[static_cast<std::size_t>(label - labels.begin())] = 1;
  }
  return holds;
}

bool is_test(const std::string& part, const std::string& where) {
  if (part == "test") return true;
  for (const char* word : {"dev", "val", "valid", "validation"}) {
    if (part == word) return false;
  }
  refuse_table(where, fmt::format("the part is \"{}\", expected dev or test", part));
}

void add_row(const std::vector<std::string>& row, const Columns& columns,
             const std::vector<std::string>& labels, const std::string& where,
             ScoredSamples& samples) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    samples.score_values.push_back(score_in(row[columns.scores[i]], labels[i], where));
  }
  const auto holds = labels_that_hold(row[columns.labels], labels, where);
  samples.truth_values.insert(samples.truth_values.end(), holds.begin(), holds.end());
}

}  // namespace

ScoreTable parse_scores(std::string_view content, std::string_view name) {
  data::SeparatedRows rows(content, table_separator(content), name);
  const auto where = [&] { return fmt::format("{}:{}", name, rows.line()); };
  const auto head = rows.next();
  if (!head) throw data::data_error(name, Fault::empty, "holds no row");
  ScoreTable table;
  const Columns columns = columns_of(*head, where(), table.labels);
  table.divided = columns.part.has_value();
  table.dev.labels = table.test.labels = table.labels.size();
  while (const auto row = rows.next()) {
    if (row->size() != columns.count) {
      refuse_table(where(), fmt::format("has {} fields, expected {} as the first row", row->size(),
                                        columns.count));
    }
    const bool test = columns.part && is_test((*row)[*columns.part], where());
    add_row(*row, columns, table.labels, where(), test ? table.test : table.dev);
  }
  if (!table.divided) table.test = table.dev;
  if (table.dev.size() == 0 || table.test.size() == 0) {
    throw data::data_error(name, Fault::empty,
                           table.divided ? "has no rows of dev or none of test" : "holds no row");
  }
  return table;
}

ScoreTable read_scores(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) {
    throw data::data_error(file.string(), Fault::missing, "does not exist");
  }
  return parse_scores(core::read_text_file(file), file.string());
}

}  // namespace dbot::eval
