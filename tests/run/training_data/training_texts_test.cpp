// Captions from a data set to the tensors of a batch, and what a run is known by.
#include "dbot/run/training_data/training_texts.h"

#include <ATen/core/Tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/loader/loader.h"
#include "dbot/run/training_data/batch_parts.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"

namespace dbot::run {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

/// Four pictures with captions of three words beside each of the first three.
class TrainingTextsTest : public testing::Test {
 protected:
  void SetUp() override {
    // Each word twice: pairs that occur once are not joined.
    const char* captions[] = {"a red dog\na red dog", "a blue dog\na blue dog",
                              "the red cat\nthe red cat"};
    for (int i = 0; i < 4; ++i) {
      const fs::path image = data() / (std::to_string(i) + ".jpg");
      test::put_image(image);
      if (i < 3) test::write_text(fs::path(image).replace_extension(".txt"), captions[i]);
    }
  }

  fs::path data() const { return folder_ / "images"; }

  static Recipe recipe(const std::vector<std::string>& more = {}) {
    return read_recipe(
        "method.kind = \"image_text\"\n[model]\nimage_size = 8\npatch_size = 4\n"
        "[text]\nlength = 5\nvocabulary_size = 60\n",
        "test.toml", more);
  }

  TrainingImages images(const Recipe& recipe) {
    const core::StopRequest stop;
    return open_training_images({data()}, recipe, stop, log());
  }
  TrainingTexts texts(const Recipe& recipe) {
    return open_training_texts(images(recipe), recipe, log());
  }
  data::Batch batch(const Recipe& recipe, Reading reading) {
    const TrainingImages opened = images(recipe);
    const TrainingTexts texts = open_training_texts(opened, recipe, log());
    data::Loader loader(opened.images,
                        batch_parts(recipe, opened.images, texts, reading, core::silent_log()),
                        {.batch_size = 4, .training = false}, core::silent_log());
    return *loader.next();
  }

  core::Log log() {
    return [this](core::LogLevel, std::string_view text) { said_.emplace_back(text); };
  }

  test::TemporaryFolder folder_;
  std::vector<std::string> said_;
};

TEST_F(TrainingTextsTest, AVocabularyIsLearnedFromTheCaptionsWhereNoneIsNamed) {
  const auto opened = texts(recipe());
  const auto& vocabulary = opened.tokenizer->vocabulary();
  EXPECT_GE(vocabulary.find("dog"), 0);
  EXPECT_LE(vocabulary.size(), 60);
  EXPECT_THAT(said_, Contains(HasSubstr("learned from 6 texts")));
  EXPECT_THAT(said_, Contains(HasSubstr("1 images have no caption")));
}

TEST_F(TrainingTextsTest, ABatchHasTheCaptionsOfItsImages) {
  const auto found = batch(recipe(), Reading::training);
  const at::Tensor words = found.tensors.at("text_padding").lt(0.5).sum(1);
  for (std::int64_t i = 0; i < 4; ++i) {
    const bool captioned = found.sample_ids[static_cast<std::size_t>(i)] < 3;
    EXPECT_EQ(words[i].item<std::int64_t>(), captioned ? 3 : 0);
  }
  EXPECT_FALSE(found.tensors.contains("unpaired.text_ids"));
}

TEST_F(TrainingTextsTest, CaptionsAreDroppedInTrainingAlone) {
  const auto all_dropped = recipe({"text.drop=1"});
  const auto words = [&](Reading reading) {
    return batch(all_dropped, reading)
        .tensors.at("text_padding")
        .lt(0.5)
        .sum()
        .item<std::int64_t>();
  };
  EXPECT_EQ(words(Reading::training), 0);
  EXPECT_EQ(words(Reading::judging), 9);
}

TEST_F(TrainingTextsTest, TextsWithoutAnImageComeBesideInTrainingAlone) {
  const fs::path file = folder_ / "texts.txt";
  test::write_text(file, "the cat\na dog\n");
  const auto unpaired = recipe(
      {"text.unpaired=" + file.string(), "objective.unpaired_weight=1", "text.unpaired_length=7"});
  const auto found = batch(unpaired, Reading::training);
  EXPECT_EQ(found.tensors.at("unpaired.text_ids").sizes(), (std::vector<std::int64_t>{4, 7}));
  EXPECT_FALSE(batch(unpaired, Reading::judging).tensors.contains("unpaired.text_ids"));
}

TEST_F(TrainingTextsTest, TheChecksumIsOfVocabularyCaptionsAndTexts) {
  const std::string before = texts(recipe()).checksum;
  EXPECT_EQ(before, texts(recipe()).checksum);
  EXPECT_NE(before, texts(recipe({"text.vocabulary_size=35"})).checksum);
  test::write_text(data() / "1.txt", "a dog blue");
  EXPECT_NE(before, texts(recipe()).checksum) << "the same words in another order";
}

TEST_F(TrainingTextsTest, RefusesAVocabularyOfMoreTokensThanTheNetworkKnows) {
  const fs::path file = folder_ / "vocab.txt";
  core::write_file_atomically(file, texts(recipe()).tokenizer->vocabulary().text());
  const std::string path = "text.vocab=" + file.string();
  EXPECT_EQ(texts(recipe({path})).checksum, texts(recipe()).checksum);
  EXPECT_THROW(texts(recipe({path, "text.vocabulary_size=10"})), UsageError);
}

TEST_F(TrainingTextsTest, WarnsOfTextsThatAreCutOrUnknown) {
  texts(recipe({"text.length=2"}));
  EXPECT_THAT(said_, Contains(HasSubstr("100 % of the captions are longer than text.length = 2")));
  const fs::path file = folder_ / "other.txt";
  test::write_text(file, "[PAD]\n[UNK]\nhouse\n");
  said_.clear();
  texts(recipe({"text.vocab=" + file.string()}));
  EXPECT_THAT(said_, Contains(HasSubstr("100 % of the tokens of the captions are [UNK]")));
}

TEST_F(TrainingTextsTest, AStoredRunHasItsVocabularyBack) {
  EXPECT_EQ(stored_texts(folder_.path()).tokenizer, nullptr);
  const auto opened = texts(recipe());
  core::write_file_atomically(vocabulary_of(folder_.path()), opened.tokenizer->vocabulary().text());
  EXPECT_EQ(stored_texts(folder_.path()).tokenizer->vocabulary().tokens(),
            opened.tokenizer->vocabulary().tokens());
}

}  // namespace
}  // namespace dbot::run
