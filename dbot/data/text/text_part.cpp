#include "dbot/data/text/text_part.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/random.h"

namespace dbot::data {
namespace {

core::Random draws_of(const SampleDraws& draws, core::Purpose purpose) {
  return core::Random({.seed = draws.seed,
                       .purpose = purpose,
                       .epoch = static_cast<std::uint32_t>(draws.epoch),
                       .sample = static_cast<std::uint64_t>(draws.sample)});
}

/// The lines of a text that are not empty.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

class TextPart final : public BatchPart {
 public:
  TextPart(std::shared_ptr<const TextPartConfig> config, std::int64_t slots)
      : config_(std::move(config)),
        length_(config_->length),
        ids_(at::empty({slots, length_}, at::TensorOptions().dtype(at::kLong))),
        padding_(at::empty({slots, length_}, at::TensorOptions().dtype(at::kFloat))) {}

  void fill(std::int64_t slot, const Sample& sample, const SampleDraws& draws) override {
    auto tokens = tokens_of(sample, draws);
    if (std::cmp_greater(tokens.size(), length_)) tokens.resize(static_cast<std::size_t>(length_));
    auto* ids = ids_.mutable_data_ptr<std::int64_t>() + slot * length_;
    auto* padding = padding_.mutable_data_ptr<float>() + slot * length_;
    std::fill(std::ranges::copy(tokens, ids).out, ids + length_, 0);
    std::fill_n(padding, tokens.size(), 0.0F);
    std::fill(padding + tokens.size(), padding + length_, 1.0F);
  }
  void copy(std::int64_t from, std::int64_t to) override {
    ids_.select(0, to).copy_(ids_.select(0, from));
    padding_.select(0, to).copy_(padding_.select(0, from));
  }
  void give(Batch& batch, std::int64_t slots) override {
    batch.tensors[kTextIds] = ids_.narrow(0, 0, slots);
    batch.tensors[kTextPadding] = padding_.narrow(0, 0, slots);
  }

 private:
  std::vector<std::int64_t> tokens_of(const Sample& sample, const SampleDraws& draws) const {
    const auto* part = sample.find(kCaptionPart);
    if (part == nullptr || is_dropped(draws)) return {};
    const auto bytes = part->bytes();
    const auto captions = lines_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (captions.empty()) return {};
    const std::size_t chosen =
        captions.size() == 1 ? 0
                             : static_cast<std::size_t>(
                                   draws_of(draws, core::Purpose::caption).below(captions.size()));
    return config_->tokenizer->ids(captions[chosen]);
  }

  bool is_dropped(const SampleDraws& draws) const {
    if (config_->drop <= 0) return false;
    if (!config_->fixed_drop) {
      return draws_of(draws, core::Purpose::caption_drop).uniform() < config_->drop;
    }
    const auto index = config_->samples > 0 ? draws.sample % config_->samples : draws.sample;
    return static_cast<double>(index % 100) / 100 < config_->drop;
  }

  const std::shared_ptr<const TextPartConfig> config_;
  const std::int64_t length_;
  at::Tensor ids_, padding_;
};

void check(const TextPartConfig& config) {
  if (!config.tokenizer) throw UsageError("[loader] a part of texts has no tokenizer");
  if (config.length < 1 || config.length > 1 << 20) {
    throw UsageError(
        fmt::format("[loader] texts of {} tokens, expected 1 to {}", config.length, 1 << 20));
  }
  if (config.drop >= 0 && config.drop <= 1) return;
  throw UsageError(
      fmt::format("[loader] {} of the captions are to be dropped, expected a share between 0 and 1",
                  config.drop));
}

}  // namespace

BatchPartFactory text_part(TextPartConfig config) {
  check(config);
  const auto bytes =
      config.length * static_cast<std::int64_t>(sizeof(std::int64_t) + sizeof(float));
  const auto shared = std::make_shared<const TextPartConfig>(std::move(config));
  return {[shared](std::int64_t slots) { return std::make_unique<TextPart>(shared, slots); },
          bytes};
}

}  // namespace dbot::data
