#include "dbot/run/training_data/training_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/text/vocabulary_training.h"

namespace dbot::run {
namespace {

namespace fs = std::filesystem;

using EachText = std::function<void(std::string_view)>;

void each_caption(const TrainingImages& images, const EachText& visit) {
  for (const auto& part : images.captioned) {
    for (std::int64_t i = 0; i < part->size(); ++i) {
      for (std::string_view rest = part->captions(i); !rest.empty();) {
        const auto end = std::min(rest.find('\n'), rest.size());
        if (end > 0) visit(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
  }
}

void each_text(const data::TextDataset* texts, const EachText& visit) {
  for (std::int64_t i = 0; texts != nullptr && i < texts->size(); ++i) visit(texts->text(i));
}

data::Vocabulary learned_vocabulary(const TrainingImages& images, const data::TextDataset* unpaired,
                                    std::int64_t tokens, const core::Log& log) {
  data::WordCounts words;
  each_caption(images, [&](std::string_view text) { words.add(text); });
  each_text(unpaired, [&](std::string_view text) { words.add(text); });
  data::Vocabulary vocabulary = data::train_vocabulary(words, tokens).vocabulary;
  log(core::LogLevel::information,
      fmt::format("vocabulary: {} tokens learned from {} texts; the run's folder keeps it as {}",
                  vocabulary.size(), words.texts(), vocabulary_of({}).string()));
  return vocabulary;
}

void require_known(const data::Vocabulary& vocabulary, const methods::TextInput& input) {
  if (vocabulary.size() <= input.vocabulary) return;
  throw UsageError(
      {.operation = "recipe",
       .subject = "text.vocabulary_size",
       .fault = Fault::mismatch,
       .reason = fmt::format("is {}, but the vocabulary {} has {} tokens", input.vocabulary,
                             input.vocabulary_path, vocabulary.size()),
       .way_out = fmt::format("set it to {} or more", vocabulary.size())});
}

/// How the tokens of texts fit the length that is read of them.
class Cuts {
 public:
  Cuts(const data::WordPiece& tokenizer, std::int64_t length)
      : tokenizer_(tokenizer), length_(length) {}

  void add(std::string_view text) {
    constexpr std::int64_t kMostLookedAt = 20000;
    if (texts_ == kMostLookedAt) return;
    const auto ids = tokenizer_.ids(text);
    ++texts_;
    tokens_ += std::ssize(ids);
    most_ = std::max<std::int64_t>(most_, std::ssize(ids));
    cut_ += std::cmp_greater(ids.size(), length_) ? 1 : 0;
    unknown_ += std::ranges::count(ids, tokenizer_.vocabulary().unknown());
  }

  void tell(const char* what, const char* key, const core::Log& log) const {
    if (texts_ == 0) return;
    log(core::LogLevel::information,
        fmt::format("{}: {:.1f} tokens on average, {} at most; {} = {}", what,
                    static_cast<double>(tokens_) / static_cast<double>(texts_), most_, key,
                    length_));
    constexpr double kMuch = 0.1;
    if (const double cut = share(cut_, texts_); cut > kMuch) {
      log(core::LogLevel::warning,
          fmt::format("[data] {:.0f} % of the {} are longer than {} = {} tokens and are cut off",
                      100 * cut, what, key, length_));
    }
    if (const double unknown = share(unknown_, tokens_); unknown > kMuch) {
      log(core::LogLevel::warning,
          fmt::format("[data] {:.0f} % of the tokens of the {} are [UNK]: the vocabulary is of "
                      "other texts. Without text.vocab one of these is learned",
                      100 * unknown, what));
    }
  }

 private:
  static double share(std::int64_t part, std::int64_t of) {
    return of > 0 ? static_cast<double>(part) / static_cast<double>(of) : 0;
  }

  const data::WordPiece& tokenizer_;
  std::int64_t length_, texts_ = 0, tokens_ = 0, most_ = 0, cut_ = 0, unknown_ = 0;
};

std::string checksum_of(const TrainingImages& images, const TrainingTexts& texts) {
  std::string all;
  const auto add = [&](std::string_view text) {
    all += core::checksum(std::as_bytes(std::span(text)));
  };
  add(texts.tokenizer->vocabulary().text());
  for (const auto& part : images.captioned) {
    std::string captions;
    for (std::int64_t i = 0; i < part->size(); ++i) {
      captions.append(part->captions(i)).push_back('\0');
    }
    add(captions);
  }
  std::string unpaired;
  each_text(texts.unpaired.get(),
            [&](std::string_view text) { unpaired.append(text).push_back('\0'); });
  add(unpaired);
  return core::checksum(std::as_bytes(std::span(all)));
}

}  // namespace

TrainingTexts open_training_texts(const TrainingImages& images, const Recipe& recipe,
                                  const core::Log& log) {
  const auto input = methods::catalogue::outline(recipe.method).texts;
  TrainingTexts texts;
  if (!input) return texts;
  if (input->unpaired > 0) texts.unpaired = data::open_texts(input->unpaired_path, log);
  data::Vocabulary vocabulary =
      input->vocabulary_path.empty()
          ? learned_vocabulary(images, texts.unpaired.get(), input->vocabulary, log)
          : data::Vocabulary::read(input->vocabulary_path);
  require_known(vocabulary, *input);
  texts.tokenizer = std::make_shared<const data::WordPiece>(std::move(vocabulary));
  Cuts captions(*texts.tokenizer, input->captions), unpaired(*texts.tokenizer, input->unpaired);
  each_caption(images, [&](std::string_view text) { captions.add(text); });
  each_text(texts.unpaired.get(), [&](std::string_view text) { unpaired.add(text); });
  captions.tell("captions", "text.length", log);
  unpaired.tell("texts without an image", "text.unpaired_length", log);
  texts.checksum = checksum_of(images, texts);
  return texts;
}

fs::path vocabulary_of(const fs::path& run) {
  return run / "vocab.txt";
}

TrainingTexts stored_texts(const fs::path& run) {
  std::error_code ignored;
  const fs::path file = vocabulary_of(run);
  if (!fs::is_regular_file(file, ignored)) return {};
  return {.tokenizer = std::make_shared<const data::WordPiece>(data::Vocabulary::read(file))};
}

}  // namespace dbot::run
