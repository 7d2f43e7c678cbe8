#include "dbot/methods/image_text/shown_texts.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace dbot::methods {
namespace {

constexpr std::string_view kContinuation = "##";

/// A token as people read it: a continuation without its marks.
struct ReadToken {
  std::string text;
  bool continues = false;
};

ReadToken read_token(const std::vector<std::string>& words, std::int64_t id) {
  if (id < 0 || static_cast<std::size_t>(id) >= words.size())
    return {.text = fmt::format("#{}", id)};
  const std::string& word = words[static_cast<std::size_t>(id)];
  if (!word.starts_with(kContinuation) || word.size() == kContinuation.size()) {
    return {.text = word};
  }
  return {.text = word.substr(kContinuation.size()), .continues = true};
}

/// One text; ids, mask, padding, guesses: [tokens], on the host.
HiddenText hidden_text(const std::vector<std::string>& words, const at::Tensor& ids,
                       const at::Tensor& mask, const at::Tensor& padding,
                       const at::Tensor& guesses) {
  HiddenText text;
  for (std::int64_t i = 0; i < ids.size(0); ++i) {
    if (padding[i].item<float>() > 0.5F) continue;
    ReadToken token = read_token(words, ids[i].item<std::int64_t>());
    HiddenText::Word word{.text = std::move(token.text),
                          .hidden = mask[i].item<float>() > 0.5F,
                          .continues = token.continues && !text.words.empty()};
    if (word.hidden) word.predicted = read_token(words, guesses[i].item<std::int64_t>()).text;
    text.words.push_back(std::move(word));
  }
  return text;
}

}  // namespace

ShownTexts::ShownTexts(const std::vector<std::string>& words, const at::Tensor& ids,
                       const at::Tensor& padding, const std::vector<std::string>& names)
    : words_(words), ids_(ids.cpu()), padding_(padding.cpu()), names_(names) {}

bool ShownTexts::has_words(std::int64_t sample) const {
  return (padding_[sample] < 0.5).any().item<bool>();
}

std::string ShownTexts::name(std::int64_t sample) const {
  const auto place = static_cast<std::size_t>(sample);
  return place < names_.size() ? names_[place] : std::string();
}

std::string ShownTexts::sentence(std::int64_t sample) const {
  std::string text;
  for (std::int64_t i = 0; i < ids_.size(1); ++i) {
    if (padding_[sample][i].item<float>() > 0.5F) continue;
    const ReadToken token = read_token(words_, ids_[sample][i].item<std::int64_t>());
    if (!text.empty() && !token.continues) text += ' ';
    text += token.text;
  }
  return text;
}

std::vector<Exhibit> ShownTexts::exhibits(const at::Tensor& mask, const at::Tensor& logits) const {
  const at::Tensor hidden = mask.cpu(), guesses = logits.argmax(-1).cpu();
  std::vector<Exhibit> found;
  for (std::int64_t i = 0; i < size(); ++i) {
    if (!has_words(i)) continue;
    found.push_back({.name = name(i),
                     .content = hidden_text(words_, ids_[i], hidden[i], padding_[i], guesses[i])});
  }
  return found;
}

}  // namespace dbot::methods
