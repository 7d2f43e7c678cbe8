#include "dbot/data/text/captions/caption_file.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dbot/data/data_error.h"
#include "dbot/data/sources/file_bytes.h"
#include "dbot/data/text/captions/caption_json.h"
#include "dbot/data/text/captions/caption_names.h"
#include "dbot/data/text/captions/caption_table.h"

namespace dbot::data {
namespace {

enum class CaptionFileKind { table, lines, document };

CaptionFileKind kind_of_captions(const std::filesystem::path& file) {
  const auto ending = in_small_letters(file.extension().string());
  if (ending == ".json") return CaptionFileKind::document;
  return ending == ".jsonl" || ending == ".ndjson" ? CaptionFileKind::lines
                                                   : CaptionFileKind::table;
}

char usual_separator(const std::filesystem::path& file) {
  return in_small_letters(file.extension().string()) == ".csv" ? ',' : '\t';
}

CaptionList parse(std::string_view text, const std::filesystem::path& file) {
  const std::string name = file.string();
  switch (kind_of_captions(file)) {
    case CaptionFileKind::lines:
      return parse_caption_lines(text, name);
    case CaptionFileKind::document:
      return parse_caption_document(text, name);
    default:
      return parse_caption_table(text, usual_separator(file), name);
  }
}

core::TextList plain_lines(std::string_view text, const std::filesystem::path& file) {
  if (text.find('\0') != std::string_view::npos) {
    throw data_error(file.string(), Fault::corrupt, "holds a byte 0; this is no text");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  core::TextList lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.add(without_white_space(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

CaptionList read_captions(const std::filesystem::path& file) {
  std::vector<std::uint8_t> bytes;
  read_file_bytes(file.string(), bytes);
  auto captions = parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file);
  if (captions.empty()) throw data_error(file.string(), Fault::empty, "holds no caption");
  return captions;
}

core::TextList read_texts(const std::filesystem::path& file) {
  std::vector<std::uint8_t> bytes;
  read_file_bytes(file.string(), bytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool lines = kind_of_captions(file) == CaptionFileKind::table &&
                     !caption_separator(text, usual_separator(file));
  auto texts = lines ? plain_lines(text, file) : parse(text, file).take_captions();
  texts =
      texts.filtered([](std::string_view entry) { return !without_white_space(entry).empty(); });
  if (texts.empty()) throw data_error(file.string(), Fault::empty, "holds no text");
  return texts;
}

bool is_caption_file(const std::filesystem::path& file) {
  constexpr std::array<std::string_view, 7> kEndings{".txt",  ".csv",   ".tsv",   ".token",
                                                     ".json", ".jsonl", ".ndjson"};
  return std::ranges::find(kEndings, in_small_letters(file.extension().string())) != kEndings.end();
}

}  // namespace dbot::data
