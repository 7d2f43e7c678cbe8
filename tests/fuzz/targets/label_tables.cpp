#include "dbot/core/error.h"
#include "dbot/data/text/tables/tab_separated.h"
#include "dbot/eval/multilabel/label_list.h"
#include "dbot/eval/multilabel/score_table.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {
namespace {

void look_at_scores(const eval::ScoreTable& table) {
  for (const eval::ScoredSamples* samples : {&table.dev, &table.test}) {
    require(samples->labels == table.labels.size() && samples->size() > 0);
    require(samples->score_values.size() == samples->truth_values.size());
    for (const double score : samples->score_values) require(score >= 0 && score <= 1);
  }
}

}  // namespace

void label_tables(Bytes input) {
  const auto content = text_of(input);
  try {
    look_at_scores(eval::parse_scores(content, "scores"));
  } catch (const DataError&) {
  }
  try {
    const auto list = eval::parse_label_list(content, "labels");
    for (const auto& [sample, holds] : list.of_sample) require(holds.size() == list.labels.size());
  } catch (const DataError&) {
  }
  try {
    const auto texts = data::parse_text_table(content, "texts", {"a", "b", "2"});
    require(texts.size() > 0 && texts.texts.size() == texts.size());
    for (const auto& labels : texts.labels) {
      for (const auto label : labels) require(label >= 0 && label < 3);
    }
  } catch (const DataError&) {
  }
}

}  // namespace dbot::fuzz
