#include <regex>

#include "tests/support/source_files.h"
#include "tests/support/source_rules.h"

namespace dbot::support {
namespace {

/// A line below one of the folders that matches the pattern breaks the rule.
struct LineRule {
  std::vector<std::string> folders;
  std::regex pattern;
  std::string complaint;
};

const std::vector<LineRule>& rules() {
  static const std::vector<LineRule> all{
      {.folders = {"dbot/data/"},
       .pattern = std::regex(R"(\bdynamic_cast\b)"),
       .complaint = "dynamic_cast; ask the data set through its interface"},
      {.folders = {"dbot/train/", "dbot/report/", "dbot/run/"},
       .pattern = std::regex(
           "MaskedModeling|masked_modeling|methods::Classification|methods/classification|"
           "MixtureSeparation|mixture_separation|ImageText|image_text|MaskedClips|masked_clips"),
       .complaint = "a learning system by name; only methods/ and its catalogue know systems"},
      // Comments may speak of options, and custom properties of CSS look like them.
      {.folders = {"dbot/"},
       .pattern = std::regex(R"(^[^"/]*"(.*[^-\w(])?--[a-z].*)"),
       .complaint = "an option of the command line; the library names recipe keys, apps/ options"},
  };
  return all;
}

bool applies(const LineRule& rule, const TextFile& file) {
  for (const std::string& folder : rule.folders) {
    if (file.is_below(folder)) return true;
  }
  return false;
}

}  // namespace

Complaints check_what_modules_know(const std::filesystem::path& root) {
  Complaints complaints;
  for (const TextFile& file : read_text_files(root, {"dbot"}, source_extensions())) {
    for (const LineRule& rule : rules()) {
      if (!applies(rule, file)) continue;
      for (std::size_t line = 0; line < file.lines.size(); ++line) {
        if (!std::regex_search(file.lines[line], rule.pattern)) continue;
        complaints.push_back(file.at(line, rule.complaint));
      }
    }
  }
  return complaints;
}

}  // namespace dbot::support
