#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "dbot/core/files/append_file.h"
#include "dbot/data/audit/survey/survey.h"

namespace dbot::data {

/// What a survey has seen so far, in a file, so that it can go on where it was stopped or killed.
/// The file is of use for the same images under the same configuration alone; what is torn or
/// foreign in it is passed over. It may lack what a full disk did not take.
class SurveyJournal {
 public:
  SurveyJournal(std::filesystem::path file, const AuditedSet& set, const SurveyConfig& config);

  /// Puts the facts that the file knows into `facts`, which has room for all images; true for
  /// those. A file of other images is emptied.
  std::vector<bool> read(std::vector<ImageFacts>& facts);
  /// Adds the facts of these images.
  void add(std::span<const std::int64_t> images, const std::vector<ImageFacts>& facts);

 private:
  std::filesystem::path path_;
  std::string head_;
  core::AppendFile file_;
};

}  // namespace dbot::data
