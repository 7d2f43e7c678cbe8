// Texts without images beside the samples of a batch: passes over all of them, and their tensors.
#include "dbot/data/text/unpaired_part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "dbot/data/text/text_dataset.h"
#include "dbot/data/text/text_part.h"

namespace dbot::data {
namespace {

using ::testing::SizeIs;

/// The texts of `count` samples in a row, from the first of epoch `epoch`.
std::vector<std::int64_t> row(std::int64_t texts, std::int64_t samples, std::int64_t epoch,
                              std::int64_t count) {
  std::vector<std::int64_t> row;
  for (std::int64_t i = 0; i < count; ++i) {
    row.push_back(unpaired_sample(
        texts, samples, {.seed = 5, .epoch = epoch + i / samples, .sample = i % samples}));
  }
  return row;
}

TEST(UnpairedText, EachPassShowsEveryTextOnceInAnOrderOfItsOwn) {
  // 7 samples an epoch and 21 texts: a pass is three epochs.
  const auto first = row(21, 7, 0, 21), second = row(21, 7, 3, 21);
  EXPECT_THAT(std::set(first.begin(), first.end()), SizeIs(21));
  EXPECT_THAT(std::set(second.begin(), second.end()), SizeIs(21));
  EXPECT_NE(first, second);
  EXPECT_EQ(first, row(21, 7, 0, 21));
}

TEST(UnpairedText, FewTextsAreShownAgainWithinAnEpoch) {
  const auto shown = row(3, 12, 0, 12);
  for (const std::int64_t text : {0, 1, 2}) EXPECT_EQ(std::ranges::count(shown, text), 4);
  EXPECT_EQ(unpaired_sample(1, 12, {.sample = 11}), 0);
}

TEST(UnpairedPart, GivesTheTensorsOfTextsUnderAPrefix) {
  core::TextList lines;
  for (const char* line : {"a", "b", "c", "d"}) lines.add(line);
  auto tokens = special_tokens();
  for (const char* token : {"a", "b", "c", "d"}) tokens.emplace_back(token);
  const auto tokenizer = std::make_shared<const WordPiece>(Vocabulary(tokens));
  const auto texts = std::make_shared<const TextDataset>(std::move(lines), "texts.txt");
  const auto factory = unpaired_part(texts, /*samples=*/4,
                                     text_part({.tokenizer = tokenizer, .length = 2}), "unpaired.");
  const auto part = factory.make(4);
  Sample sample;
  for (std::int64_t i = 0; i < 4; ++i) part->fill(i, sample, {.seed = 1, .sample = i});
  part->copy(0, 3);
  Batch batch;
  part->give(batch, 4);
  EXPECT_THAT(batch.tensors, SizeIs(2));
  const at::Tensor& ids = batch.tensors.at("unpaired.text_ids");
  EXPECT_EQ(batch.tensors.at("unpaired.text_padding").sizes(), ids.sizes());
  std::set<std::int64_t> seen;
  for (std::int64_t i = 0; i < 3; ++i) seen.insert(ids[i][0].item<std::int64_t>());
  EXPECT_THAT(seen, SizeIs(3));
  EXPECT_EQ(ids[3][0].item<std::int64_t>(), ids[0][0].item<std::int64_t>());
}

}  // namespace
}  // namespace dbot::data
