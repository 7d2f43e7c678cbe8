// Texts of samples as tensors of a batch: padding, one of several captions, dropping.
#include "dbot/data/text/text_part.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "dbot/core/error.h"
#include "dbot/data/loader/loader.h"
#include "dbot/data/text/captions/captioned_dataset.h"
#include "dbot/data/text/text_dataset.h"
#include "tests/data/fixtures.h"
#include "tests/data/memory_dataset.h"

namespace dbot::data {
namespace {

using test::message_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// [PAD] [UNK] [CLS] [SEP] [MASK] a b c: ids 5, 6, 7.
std::shared_ptr<const WordPiece> tokenizer() {
  auto tokens = special_tokens();
  for (const char* token : {"a", "b", "c"}) tokens.emplace_back(token);
  return std::make_shared<const WordPiece>(Vocabulary(tokens));
}

struct Row {
  std::vector<std::int64_t> ids;
  std::vector<float> padding;
};

Row row_of(const Batch& batch, std::int64_t slot) {
  const auto ids = batch.tensors.at(kTextIds)[slot].contiguous();
  const auto padding = batch.tensors.at(kTextPadding)[slot].contiguous();
  return {{ids.const_data_ptr<std::int64_t>(), ids.const_data_ptr<std::int64_t>() + ids.numel()},
          {padding.const_data_ptr<float>(), padding.const_data_ptr<float>() + padding.numel()}};
}

Row filled(const TextPartConfig& config, std::string_view text, SampleDraws draws = {}) {
  const auto part = text_part(config).make(1);
  Sample sample;
  sample.begin("s");
  sample.add(kCaptionPart).own_encoded().assign(text.begin(), text.end());
  part->fill(0, sample, draws);
  Batch batch;
  part->give(batch, 1);
  return row_of(batch, 0);
}

TEST(TextPart, PadsCutsOffAndMarksPadding) {
  const TextPartConfig config{.tokenizer = tokenizer(), .length = 4};
  const auto two = filled(config, "A b");
  EXPECT_THAT(two.ids, ElementsAre(5, 6, 0, 0));
  EXPECT_THAT(two.padding, ElementsAre(0, 0, 1, 1));
  const auto six = filled(config, "a b c x b a");
  EXPECT_THAT(six.ids, ElementsAre(5, 6, 7, 1));
  EXPECT_THAT(six.padding, ElementsAre(0, 0, 0, 0));
  for (const char* nothing : {"", "\n", " \t"}) {
    EXPECT_THAT(filled(config, nothing).ids, ElementsAre(0, 0, 0, 0));
    EXPECT_THAT(filled(config, nothing).padding, ElementsAre(1, 1, 1, 1));
  }
}

TEST(TextPart, ASampleWithoutThePartHasNoCaption) {
  const auto part = text_part({.tokenizer = tokenizer(), .length = 2}).make(1);
  Sample sample;
  sample.begin("s");
  part->fill(0, sample, {});
  Batch batch;
  part->give(batch, 1);
  EXPECT_THAT(row_of(batch, 0).padding, ElementsAre(1, 1));
}

TEST(TextPart, DrawsOneOfSeveralCaptionsByEpochAndSample) {
  const TextPartConfig config{.tokenizer = tokenizer(), .length = 1};
  std::set<std::int64_t> seen;
  std::int64_t changes = 0;
  for (std::int64_t epoch = 0; epoch < 40; ++epoch) {
    const SampleDraws draws{.seed = 3, .epoch = epoch, .sample = 8};
    const auto ids = filled(config, "a\nb\r\n\nc", draws).ids;
    EXPECT_EQ(ids, filled(config, "a\nb\r\n\nc", draws).ids);
    seen.insert(ids.front());
    changes += ids != filled(config, "a\nb\nc", {.seed = 3, .epoch = epoch, .sample = 9}).ids;
  }
  EXPECT_THAT(seen, ElementsAre(5, 6, 7));
  EXPECT_GT(changes, 10);
}

TEST(TextPart, DropsAShareOfCaptionsAnewInEveryEpoch) {
  const TextPartConfig config{.tokenizer = tokenizer(), .length = 1, .drop = 0.25};
  std::int64_t dropped = 0, other_epoch = 0;
  for (std::int64_t i = 0; i < 2000; ++i) {
    const bool first = filled(config, "a", {.seed = 1, .epoch = 0, .sample = i}).ids[0] == 0;
    const bool second = filled(config, "a", {.seed = 1, .epoch = 1, .sample = i}).ids[0] == 0;
    dropped += first ? 1 : 0;
    other_epoch += first != second ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(dropped), 500, 80);
  EXPECT_NEAR(static_cast<double>(other_epoch), 750, 100);
}

TEST(TextPart, FixedDroppingIsOfTheSamplesIndexAlone) {
  const TextPartConfig config{
      .tokenizer = tokenizer(), .length = 1, .drop = 0.3, .fixed_drop = true, .samples = 250};
  for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
    for (std::int64_t i = 0; i < 250; ++i) {
      const bool dropped = static_cast<double>(i % 100) / 100 < 0.3;
      for (const std::int64_t sample : {i, i + 250}) {
        const auto ids = filled(config, "a", {.epoch = epoch, .sample = sample}).ids;
        EXPECT_EQ(ids[0], dropped ? 0 : 5) << sample;
      }
    }
  }
}

TEST(TextPart, RefusesLengthsAndSharesThatAreNone) {
  const auto make = [](TextPartConfig config) { return [config] { text_part(config); }; };
  const auto words = tokenizer();
  EXPECT_THAT(message_of<UsageError>(make({.tokenizer = words, .length = 0})),
              HasSubstr("texts of 0 tokens"));
  EXPECT_THAT(message_of<UsageError>(make({.tokenizer = words, .drop = 1.5})),
              HasSubstr("1.5 of the captions"));
  EXPECT_THAT(message_of<UsageError>(make({.tokenizer = words, .drop = std::nan("")})),
              HasSubstr("of the captions"));
  EXPECT_THAT(message_of<UsageError>(make({})), HasSubstr("no tokenizer"));
}

core::TextList captions_of(std::int64_t count) {
  core::TextList captions;
  for (std::int64_t i = 0; i < count; ++i)
    captions.add(i % 3 == 0 ? "" : i % 3 == 1 ? "a" : "a\nb");
  return captions;
}

TEST(TextPart, BatchesAreTheSameForAnyNumberOfThreadsWithBrokenSamples) {
  const auto images = std::make_shared<test::MemoryDataset>(30, std::set<std::int64_t>{4, 11});
  const auto dataset = std::make_shared<CaptionedDataset>(images, captions_of(30));
  const auto batches = [&](int workers) {
    LoaderConfig config;
    config.batch_size = 7;
    config.workers = workers;
    config.seed = 5;
    config.max_bad_fraction = 0.5;
    Loader loader(dataset, {text_part({.tokenizer = tokenizer(), .length = 3, .drop = 0.2})},
                  config, [](core::LogLevel, std::string_view) {});
    std::vector<Batch> all;
    for (int i = 0; i < 9; ++i) all.push_back(*loader.next());
    return all;
  };
  const auto one = batches(0), four = batches(4);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_TRUE(at::equal(one[i].tensors.at(kTextIds), four[i].tensors.at(kTextIds)));
    EXPECT_TRUE(at::equal(one[i].tensors.at(kTextPadding), four[i].tensors.at(kTextPadding)));
  }
}

TEST(TextPart, TextsWithoutImagesAreALoadersSource) {
  core::TextList texts;
  for (const char* text : {"a", "b c", "c"}) texts.add(text);
  LoaderConfig config;
  config.batch_size = 2;
  config.training = false;
  Loader loader(std::make_shared<TextDataset>(texts, "t"),
                {text_part({.tokenizer = tokenizer(), .length = 2})}, config,
                [](core::LogLevel, std::string_view) {});
  const auto first = *loader.next(), second = *loader.next();
  EXPECT_THAT(row_of(first, 1).ids, ElementsAre(6, 7));
  EXPECT_EQ(second.tensors.at(kTextIds).size(0), 1);
  EXPECT_THAT(row_of(second, 0).ids, ElementsAre(7, 0));
}

}  // namespace
}  // namespace dbot::data
