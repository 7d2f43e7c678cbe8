// WordPiece of texts: every token, the padding, and how many tokens there are before cutting off.
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/text/text_part.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {

void check_word_piece(const Fixture& fixture, Comparison& comparison) {
  const auto strings = fixture.json_entry("strings").get<std::vector<std::string>>();
  const auto& config = fixture.config;
  if (value_or(config, "add_special_tokens", false) || !value_or(config, "lowercase", true)) {
    throw Error("a WordPiece with special tokens or with capitals is not built");
  }
  const auto tokenizer = std::make_shared<const data::WordPiece>(
      data::Vocabulary(fixture.json_entry("vocab").get<std::vector<std::string>>()));
  const auto part = data::text_part(
      {.tokenizer = tokenizer, .length = config.at("max_length").get<std::int64_t>()});
  const auto count = std::ssize(strings);
  const auto texts = part.make(count);
  at::Tensor lengths = at::zeros({count}, at::TensorOptions().dtype(at::kLong));
  data::Sample sample;
  for (std::int64_t i = 0; i < count; ++i) {
    std::string text = strings[static_cast<std::size_t>(i)];
    lengths[i].fill_(std::ssize(tokenizer->ids(text)));
    std::ranges::replace(text, '\n', ' ');  // a caption is one line
    sample.begin(std::to_string(i));
    sample.add(data::kCaptionPart).own_encoded().assign(text.begin(), text.end());
    texts->fill(i, sample, {.seed = 0, .epoch = 0, .sample = i});
  }
  data::Batch batch;
  texts->give(batch, count);
  comparison.exact("ids", batch.tensors.at(data::kTextIds));
  comparison.exact("padding_mask", batch.tensors.at(data::kTextPadding));
  comparison.exact("length_before_truncation", lengths);
}

}  // namespace dbot::golden
