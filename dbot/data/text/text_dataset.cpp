#include "dbot/data/text/text_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/data/data_error.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/text/captions/caption_file.h"
#include "dbot/data/text/captions/captions.h"
#include "dbot/data/text/text_part.h"
#include "dbot/data/text/unicode.h"

namespace dbot::data {

TextDataset::TextDataset(core::TextList texts, std::string name)
    : texts_(std::move(texts)), name_(std::move(name)) {}

std::string_view TextDataset::text(std::int64_t index) const {
  if (index < 0 || index >= size()) {
    throw data_error(name_, Fault::other, fmt::format("has no text {} of {}", index, size()));
  }
  return texts_[static_cast<std::size_t>(index)];
}

void TextDataset::read(std::int64_t index, Sample& sample) const {
  const auto bytes = text(index);
  sample.begin(name(index));
  sample.add(kCaptionPart)
      .borrow_encoded({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

std::string TextDataset::name(std::int64_t index) const {
  return fmt::format("{}[{}]", name_, index);
}

std::int64_t TextDataset::stored_bytes(std::int64_t index) const {
  return static_cast<std::int64_t>(text(index).size());
}

std::shared_ptr<const TextDataset> open_texts(const std::filesystem::path& file,
                                              const core::Log& log) {
  const auto read = read_texts(file);
  core::TextList texts;
  std::int64_t broken = 0;
  std::string line;
  for (std::size_t i = 0; i < read.size(); ++i) {
    line.assign(read[i]);
    broken += broken_bytes(line) > 0 ? 1 : 0;
    std::ranges::replace_if(
        line, [](char letter) { return letter == '\n' || letter == '\r'; }, ' ');
    texts.add(line);
  }
  if (broken > 0) {
    log(core::LogLevel::warning,
        fmt::format("[data] {}: {} of {} texts have bytes that are no UTF-8, which are left out",
                    file.string(), broken, texts.size()));
  }
  return std::make_shared<TextDataset>(std::move(texts), file.string());
}

std::shared_ptr<const TextDataset> open_texts(const std::filesystem::path& data,
                                              const std::string& captions,
                                              const OpenContext& context) {
  std::error_code ignored;
  if (captions.empty() && std::filesystem::is_regular_file(data, ignored) &&
      is_caption_file(data)) {
    return open_texts(data, context.log);
  }
  const auto from = captions.empty() ? std::string(kBesideImages) : captions;
  const auto matched = with_captions(open(data, Wanted::train, context), from, data, context);
  return texts_of(*matched.parts.front(), data.string());
}

std::shared_ptr<const TextDataset> texts_of(const CaptionedDataset& images, std::string name) {
  core::TextList texts;
  for (std::int64_t i = 0; i < images.size(); ++i) {
    for (std::string_view rest = images.captions(i); !rest.empty();) {
      const auto end = std::min(rest.find('\n'), rest.size());
      texts.add(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return std::make_shared<TextDataset>(std::move(texts), std::move(name));
}

}  // namespace dbot::data
