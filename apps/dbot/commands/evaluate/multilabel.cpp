#include "apps/dbot/commands/evaluate/multilabel.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/dbot/commands/output_path.h"
#include "apps/dbot/terminal/console.h"
#include "apps/dbot/terminal/options.h"
#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/random.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/subset.h"
#include "dbot/eval/multilabel/label_list.h"
#include "dbot/eval/multilabel/learned_thresholds.h"
#include "dbot/eval/multilabel/linear_labels.h"
#include "dbot/eval/multilabel/policies.h"
#include "dbot/eval/multilabel/ranking_measures.h"
#include "dbot/eval/multilabel/score_table.h"
#include "dbot/nn/backbone.h"
#include "dbot/report/text/table.h"

namespace dbot::app {
namespace {

using eval::ThresholdPolicy;

ThresholdPolicy wanted_policy(const std::string& text) {
  for (const auto policy : {ThresholdPolicy::fixed, ThresholdPolicy::one, ThresholdPolicy::tuned,
                            ThresholdPolicy::learned}) {
    if (text == eval::to_text(policy)) return policy;
  }
  if (text.empty()) return ThresholdPolicy::learned;
  throw UsageError(
      fmt::format("[evaluate] --policy is {}, expected fixed, one, tuned or learned", text));
}

/// Scores, and what is shown of them.
struct Scored {
  std::vector<std::string> labels;
  eval::ScoredSamples chosen_on, test;
  std::string about;  // a line for people
};

std::string table_of(const std::vector<eval::PolicyFigures>& policies) {
  std::vector<std::vector<std::string>> rows{
      {"thresholds", "micro F1", "macro F1", "samples F1", "subset", "Hamming"}};
  rows.reserve(policies.size() + 1);
  for (const auto& [thresholds, sets] : policies) {
    std::vector<std::string> row{std::string(eval::to_text(thresholds.policy))};
    for (const double value :
         {sets.micro_f1, sets.macro_f1, sets.samples_f1, sets.subset_accuracy, sets.hamming_loss}) {
      row.push_back(fmt::format("{:.4f}", value));
    }
    rows.push_back(std::move(row));
  }
  return report::text_table(rows);
}

nlohmann::ordered_json json_of(const Scored& scored,
                               const std::vector<eval::PolicyFigures>& policies,
                               const std::string& out) {
  nlohmann::ordered_json json{{"labels", scored.labels.size()},
                              {"chosen_on", scored.chosen_on.size()},
                              {"test_samples", scored.test.size()}};
  for (const auto& [name, value] :
       named(eval::measure_ranking(scored.test.scores(), scored.test.truth()))) {
    json[name] = value;
  }
  for (const auto& [thresholds, sets] : policies) {
    nlohmann::ordered_json row{{"policy", eval::to_text(thresholds.policy)}};
    for (const auto& [name, value] : named(sets)) row[name] = value;
    json["policies"].push_back(std::move(row));
  }
  if (!out.empty()) json["out"] = out;
  return json;
}

void show_policies(const Scored& scored, ThresholdPolicy policy, const std::string& out,
                   bool json) {
  const auto learned = eval::learn_thresholds(scored.chosen_on.scores(), scored.chosen_on.truth());
  const auto policies = eval::compare_policies(scored.chosen_on, learned, scored.test);
  const std::string file =
      out.empty() ? "" : (std::filesystem::path(out) / "thresholds.json").string();
  if (json) {
    print_line(json_of(scored, policies, file)
                   .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    print_line(scored.about);
    print(table_of(policies));
  }
  if (out.empty()) return;
  std::filesystem::create_directories(out);
  const auto kept = std::ranges::find_if(
      policies, [&](const auto& figures) { return figures.thresholds.policy == policy; });
  core::write_file_atomically(file, eval::to_json(kept->thresholds, scored.labels));
  complain(fmt::format("thresholds ({}): {}", eval::to_text(policy), file));
}

/// Two parts of a data set, samples of the list alone.
struct ListedParts {
  std::shared_ptr<const data::Dataset> train, test;
};

ListedParts open_listed(const EvaluatedData& asked, const eval::LabelList& list) {
  auto parts = data::open(asked.data, data::Wanted::train_and_held_out,
                          {.log = console_log(), .choice = {.leave_out = asked.leave_out}});
  const auto listed = [&](const std::shared_ptr<const data::Dataset>& part) {
    auto places = eval::listed_samples(*part, list);
    if (places.size() < 2) {
      throw DataError({.operation = "evaluate",
                       .subject = asked.labels.from,
                       .fault = Fault::unlabelled,
                       .reason = fmt::format("names {} of the {} images, expected at least 2",
                                             places.size(), part->size()),
                       .way_out = "name them as they lie in the data set, such as a/1.jpg"});
    }
    return data::subset(part, std::move(places));
  };
  auto train = listed(parts.train);
  if (parts.held_out()) return {train, listed(parts.held_out())};
  // Undivided: a fifth is tested on.
  auto order = core::permutation(
      {.seed = static_cast<std::uint64_t>(asked.seed), .purpose = core::Purpose::split},
      train->size());
  const auto fifth = std::max<std::ptrdiff_t>(1, std::ssize(order) / 5);
  std::vector<std::int64_t> test(order.begin(), order.begin() + fifth);
  std::vector<std::int64_t> rest(order.begin() + fifth, order.end());
  std::ranges::sort(test);
  std::ranges::sort(rest);
  return {data::subset(train, std::move(rest)), data::subset(train, std::move(test))};
}

eval::LabelledFeatures labelled_features(const Model& network, const std::string& kind,
                                         const std::shared_ptr<const data::Dataset>& images,
                                         const eval::LabelList& list) {
  const eval::Features features = eval::extract_features(
      *network.encoder, images, network.extraction, stop_request(), console_log());
  at::Tensor truth = at::empty({std::ssize(features.indices), std::ssize(list.labels)}, at::kFloat);
  float* value = truth.mutable_data_ptr<float>();
  for (const std::int64_t index : features.indices) {
    const auto& holds = list.of_sample.at(images->key(index));
    value = std::ranges::copy(holds, value).out;
  }
  return {.features = features.of(kind).flatten(1), .truth = truth};
}

std::int64_t epochs_or(const std::string& text, std::int64_t otherwise) {
  if (text.empty()) return otherwise;
  std::int64_t epochs = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epochs);
  if (error == std::errc() && end == text.data() + text.size() && epochs >= 1 &&
      epochs <= 1'000'000) {
    return epochs;
  }
  throw UsageError(
      fmt::format("[evaluate] --epochs is {}, expected a whole number from 1 to 1000000", text));
}

}  // namespace

void add_multilabel(CLI::App& command, MultilabelArguments& arguments) {
  command
      .add_option("--scores", arguments.scores,
                  "thresholds: a table with the columns sample, labels (a | between), perhaps part "
                  "(dev or test), and scores in 0..1 of each label")
      ->type_name("FILE")
      ->check(not_empty());
  command.add_flag("--multi-label", arguments.wanted,
                   "linear: several labels an image, from the list that --labels names");
  command
      .add_option("--policy", arguments.policy,
                  "thresholds, --multi-label: whose thresholds are kept in --out (learned)")
      ->type_name("fixed|one|tuned|learned")
      ->check(not_empty());
}

void evaluate_thresholds(const MultilabelArguments& arguments, const std::string& out, bool json) {
  const ThresholdPolicy policy = wanted_policy(arguments.policy);
  if (arguments.scores.empty()) {
    throw UsageError("[evaluate] --scores is required for thresholds: a table of scores");
  }
  if (!out.empty()) check_output_folder("evaluate", out, /*force=*/false);
  eval::ScoreTable table = eval::read_scores(arguments.scores);
  if (!table.divided) {
    complain(
        "warning: the table has no column part: thresholds are measured on the samples that "
        "they were chosen on, which flatters them");
  }
  Scored scored{.labels = std::move(table.labels),
                .chosen_on = std::move(table.dev),
                .test = std::move(table.test),
                .about = {}};
  scored.about = fmt::format("{} labels, thresholds chosen on {} samples and measured on {}",
                             scored.labels.size(), scored.chosen_on.size(), scored.test.size());
  show_policies(scored, policy, out, json);
}

void evaluate_linear_labels(const ModelArguments& model, const EvaluatedData& asked,
                            const MultilabelArguments& arguments, bool json) {
  const ThresholdPolicy policy = wanted_policy(arguments.policy);
  if (asked.labels.from.empty() || asked.labels.from == "folder") {
    throw UsageError(
        "[evaluate] --multi-label needs --labels FILE, a table with the columns "
        "sample and labels");
  }
  const eval::LinearLabelsConfig config{.epochs = epochs_or(asked.epochs, 50),
                                        .seed = static_cast<std::uint64_t>(asked.seed)};
  if (!asked.out.empty()) check_output_folder("evaluate", asked.out, /*force=*/false);
  const eval::LabelList list = eval::read_label_list(asked.labels.from);
  const Model network = load_model(model);
  const ListedParts parts = open_listed(asked, list);
  const std::string kind = nn::summary_feature(*network.encoder);
  eval::LinearLabels result = eval::train_linear_labels(
      labelled_features(network, kind, parts.train, list),
      labelled_features(network, kind, parts.test, list), config, stop_request());
  Scored scored{.labels = list.labels,
                .chosen_on = std::move(result.held_out),
                .test = std::move(result.test),
                .about = {}};
  scored.about = fmt::format(
      "{} labels linearly of {} features, learned of {} images; thresholds chosen on {} and "
      "measured on {}",
      list.labels.size(), kind, result.learned, scored.chosen_on.size(), scored.test.size());
  show_policies(scored, policy, asked.out, json);
}

}  // namespace dbot::app
