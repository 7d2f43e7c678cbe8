#include "dbot/data/audit/survey/survey_journal.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "dbot/core/files/files.h"
#include "dbot/data/audit/survey/survey_record.h"

namespace dbot::data {
SurveyJournal::SurveyJournal(std::filesystem::path file, const AuditedSet& set,
                             const SurveyConfig& config)
    : path_(std::move(file)) {
  std::string names;
  for (std::int64_t image = 0; image < set.size(); ++image) {
    names.append(set.name(image)).push_back('\0');
  }
  head_ = fmt::format("dbot survey 2, {} images {}, {} channels\n", set.size(),
                      core::checksum(std::as_bytes(std::span(names))), config.channels);
}

std::vector<bool> SurveyJournal::read(std::vector<ImageFacts>& facts) {
  std::vector<bool> known(facts.size());
  std::string text;
  std::error_code ignored;
  if (std::filesystem::exists(path_, ignored)) text = core::read_text_file(path_);
  std::size_t sound = 0;
  if (text.starts_with(head_)) {
    std::string_view rest = std::string_view(text).substr(head_.size());
    std::int64_t image = 0;
    ImageFacts one;
    while (read_journal_record(rest, image, one)) {
      if (image >= std::ssize(facts)) continue;
      facts[static_cast<std::size_t>(image)] = std::move(one);
      known[static_cast<std::size_t>(image)] = true;
    }
    sound = text.size() - rest.size();
  }
  if (sound < text.size() || text.empty()) {
    core::write_file_atomically(path_, sound == 0 ? head_ : text.substr(0, sound));
  }
  file_ = core::AppendFile(path_);
  return known;
}

void SurveyJournal::add(std::span<const std::int64_t> images,
                        const std::vector<ImageFacts>& facts) {
  std::string records;
  for (const auto image : images) {
    records += journal_record(image, facts[static_cast<std::size_t>(image)]);
  }
  file_.append(std::move(records));
}

}  // namespace dbot::data
