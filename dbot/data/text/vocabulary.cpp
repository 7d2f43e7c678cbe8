#include "dbot/data/text/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/data_error.h"
#include "dbot/data/text/unicode.h"

namespace dbot::data {
namespace {

constexpr std::uintmax_t kMostBytes = std::uintmax_t{1} << 28;
constexpr std::size_t kLongestShown = 60;

[[noreturn]] void refuse(std::string_view name, std::size_t line, std::string_view reason,
                         std::string_view way_out = {}, Fault fault = Fault::corrupt) {
  throw DataError({.operation = "data",
                   .subject = fmt::format("{}:{}", name, line),
                   .fault = fault,
                   .reason = ": " + std::string(reason),
                   .way_out = std::string(way_out)});
}

std::string shown(std::string_view token) {
  if (token.size() <= kLongestShown) return std::string(token);
  std::size_t end = kLongestShown;
  while (end > 0 && (static_cast<unsigned char>(token[end]) & 0xC0U) == 0x80U) --end;
  return std::string(token.substr(0, end)) + "…";
}

constexpr std::string_view kMadeBy =
    "dbot data vocabulary makes one from captions, and BERT's vocab.txt is one";

}  // namespace

std::vector<std::string> special_tokens() {
  return {std::string(kPaddingToken), std::string(kUnknownToken), "[CLS]", "[SEP]", "[MASK]"};
}

Vocabulary::Vocabulary(std::vector<std::string> tokens, std::string_view name)
    : tokens_(std::move(tokens)) {
  if (tokens_.empty()) {
    throw DataError({.operation = "data",
                     .subject = std::string(name),
                     .fault = Fault::empty,
                     .reason = "holds no token, expected one a line",
                     .way_out = std::string(kMadeBy)});
  }
  ids_.reserve(tokens_.size());
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const std::string& token = tokens_[i];
    const std::size_t line = i + 1;
    if (token.empty()) refuse(name, line, "is empty, expected a token");
    if (token.find('\0') != std::string::npos || broken_bytes(token) > 0) {
      refuse(name, line, "is no UTF-8 text; this is no vocabulary", kMadeBy);
    }
    if (token.find('\n') != std::string::npos) refuse(name, line, "holds a line end");
    const auto [known, is_new] = ids_.emplace(token, static_cast<std::int64_t>(i));
    if (!is_new) {
      refuse(name, line, fmt::format("is {} again, as line {}", shown(token), known->second + 1),
             "every token has one id: keep one of the lines");
    }
    longest_ = std::max(longest_, token.size());
  }
  if (tokens_.front() != kPaddingToken) {
    refuse(
        name, 1,
        fmt::format("is {}, expected {}: id 0 is padding", shown(tokens_.front()), kPaddingToken),
        kMadeBy, Fault::mismatch);
  }
  unknown_ = find(kUnknownToken);
  if (unknown_ >= 0) return;
  throw DataError({.operation = "data",
                   .subject = std::string(name),
                   .fault = Fault::mismatch,
                   .reason = fmt::format("has no {} among its {} tokens, which stands for words "
                                         "that it does not know",
                                         kUnknownToken, tokens_.size()),
                   .way_out = std::string(kMadeBy)});
}

Vocabulary Vocabulary::parse(std::string_view text, std::string_view name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::string> tokens;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (line.ends_with('\r')) line.remove_suffix(1);
    tokens.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  while (!tokens.empty() && tokens.back().empty()) tokens.pop_back();
  return Vocabulary(std::move(tokens), name);
}

Vocabulary Vocabulary::read(const std::filesystem::path& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  if (!error && bytes > kMostBytes) {
    throw data_error(
        path.string(), Fault::too_large,
        fmt::format("has {} bytes, expected a vocabulary of at most {}", bytes, kMostBytes));
  }
  std::string text;
  try {
    text = core::read_text_file(path);
  } catch (const Error& failure) {
    throw DataError({.operation = "data",
                     .subject = path.string(),
                     .fault = error ? Fault::missing : Fault::unreadable,
                     .reason = fmt::format("cannot be read as a vocabulary: {}",
                                           reason_of(failure, path.string())),
                     .way_out = std::string(kMadeBy)});
  }
  return parse(text, path.string());
}

const std::string& Vocabulary::token(std::int64_t id) const {
  if (id < 0 || id >= size()) {
    throw data_error(fmt::format("token {}", id), Fault::mismatch,
                     fmt::format("is not in the vocabulary, whose ids are 0 to {}", size() - 1));
  }
  return tokens_[static_cast<std::size_t>(id)];
}

std::int64_t Vocabulary::find(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? -1 : found->second;
}

std::string Vocabulary::text() const {
  std::string text;
  for (const auto& token : tokens_) text += token + '\n';
  return text;
}

}  // namespace dbot::data
