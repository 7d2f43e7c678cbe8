// A classifier of several labels that a run left, on texts that the run has not seen.
#include "dbot/eval/multilabel/text_labeller.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/data/text/tables/row_parts.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/methods/policy_multilabel/policy_multilabel.h"
#include "tests/core/temporary_folder.h"

namespace dbot::eval {
namespace {

using testing::HasSubstr;

core::TextList list_of(const std::vector<std::string>& texts) {
  core::TextList list;
  for (const std::string& text : texts) list.add(text);
  return list;
}

/// A learner that was told of the words of three texts.
class StoredLabeller : public testing::TestWithParam<std::int64_t> {
 protected:
  StoredLabeller()
      : words_(list_of({"oil price up", "wheat price", "oil and wheat"}), {.least_documents = 1}) {
    methods::PolicyMultilabelConfig config;
    config.steps = 1;
    config.hidden = 4;
    config.classifier_hidden = GetParam();
    config.seed = 3;
    method_ = std::make_unique<methods::PolicyMultilabel>(config);
    methods::DataFacts facts;
    facts.classes = {"energy", "food"};
    facts.words = words_.words();
    facts.word_frequencies = words_.inverse_frequencies();
    facts.row_width = std::ssize(words_.words());
    method_->see_data(facts);
    method_->begin_stage(0);
  }

  void store(const methods::PolicyMultilabel& method) {
    const methods::BackboneFile file = method.backbone_file();
    exchange::save_backbone(path(), file.description, file.tensors);
  }
  std::string path() const { return (folder_ / "model.safetensors").string(); }

  /// What the learner says of texts, as its batches hold them.
  at::Tensor said(const std::vector<std::string>& texts) const {
    std::vector<std::int64_t> places, begins{0};
    std::vector<float> values;
    for (const std::string& text : texts) {
      const data::SparseRow row = words_.row(text);
      places.insert(places.end(), row.places.begin(), row.places.end());
      values.insert(values.end(), row.values.begin(), row.values.end());
      begins.push_back(std::ssize(places));
    }
    data::Batch batch;
    batch.sample_ids.resize(texts.size());
    batch.tensors[data::kRowPlaces] = at::tensor(places, at::kLong);
    batch.tensors[data::kRowValues] = at::tensor(values);
    batch.offsets[data::kRowPlaces] = batch.offsets[data::kRowValues] =
        at::tensor(begins, at::kLong);
    return method_->label_scores(batch);
  }

  test::TemporaryFolder folder_;
  data::TfIdf words_;
  std::unique_ptr<methods::PolicyMultilabel> method_;
};

TEST_P(StoredLabeller, SaysOfNewTextsWhatTheLearnerSays) {
  store(*method_);
  const TextLabeller labeller = TextLabeller::read(path());
  EXPECT_EQ(labeller.labels(), (std::vector<std::string>{"energy", "food"}));
  EXPECT_EQ(labeller.thresholds(), method_->label_thresholds());
  const std::vector<std::string> texts{"the oil price of wheat", "up up up", "nothing known"};
  const at::Tensor scores = labeller.scores(list_of(texts));
  EXPECT_TRUE(scores.allclose(said(texts), 1e-5, 1e-6));
  EXPECT_FALSE(scores[0].allclose(scores[1]));
}

TEST_P(StoredLabeller, AStateRemembersTheWeightsOfWords) {
  methods::PolicyMultilabelConfig config;
  config.steps = 1;
  config.hidden = 4;
  config.classifier_hidden = GetParam();
  methods::PolicyMultilabel loaded(config);
  loaded.load_state(0, method_->state());
  store(loaded);
  const std::vector<std::string> texts{"oil up"};
  EXPECT_TRUE(TextLabeller::read(path()).scores(list_of(texts)).allclose(said(texts), 1e-5, 1e-6));
}

TEST_P(StoredLabeller, NamesWhatAFileLacks) {
  store(*method_);
  const auto refusal = [&](const std::string& from, const std::string& to) {
    exchange::TensorFile file = exchange::read_tensor_file(path());
    std::string& text = file.metadata.at("dbot.config");
    const std::size_t place = text.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    text.replace(place, from.size(), to);
    const auto changed = folder_ / "changed.safetensors";
    exchange::write_tensor_file(changed, file.tensors, file.metadata);
    try {
      TextLabeller::read(changed);
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(refusal("label_classifier", "chain"), HasSubstr("holds no classifier of several"));
  EXPECT_THAT(refusal("term_weights", "other"), HasSubstr("has no list term_weights"));
  EXPECT_THAT(refusal("\"energy\",", ""), HasSubstr("no threshold for each label"));
  EXPECT_THAT(refusal("\"term_weights\":[", "\"term_weights\":[-1,"),
              HasSubstr("inverse frequencies"));
  EXPECT_THAT(refusal("\"hidden\":", "\"hidden\":7"), HasSubstr("of the size"));
}

INSTANTIATE_TEST_SUITE_P(Hidden, StoredLabeller, testing::Values(0, 5));

}  // namespace
}  // namespace dbot::eval
