#include <regex>

#include "tests/support/source_files.h"
#include "tests/support/source_rules.h"

namespace fs = std::filesystem;

namespace dbot::support {
namespace {

void check_links(const fs::path& root, const TextFile& file, Complaints& complaints) {
  static const std::regex link(R"(\]\(([^)\s]+)\))");
  bool in_code = false;
  for (std::size_t line = 0; line < file.lines.size(); ++line) {
    const std::string& text = file.lines[line];
    if (text.starts_with("```")) in_code = !in_code;
    if (in_code) continue;
    for (std::sregex_iterator match(text.begin(), text.end(), link), end; match != end; ++match) {
      const std::string target = (*match)[1].str();
      const std::string path = target.substr(0, target.find('#'));
      const bool elsewhere =
          target.find("://") != std::string::npos || target.starts_with("mailto:");
      if (path.empty() || elsewhere) continue;
      if (!fs::exists(root / file.path.parent_path() / path)) {
        complaints.push_back(file.at(line, "the link to " + target + " leads nowhere"));
      }
    }
  }
}

}  // namespace

Complaints check_document_links(const fs::path& root) {
  std::vector<TextFile> documents = read_text_files(
      root, {"docs", "dbot", "apps", "tests", "examples", "benchmarks", "experiments"}, {".md"});
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.path().extension() == ".md") documents.push_back(read_text_file(root, entry.path()));
  }
  Complaints complaints;
  for (const TextFile& document : documents) check_links(root, document, complaints);
  return complaints;
}

}  // namespace dbot::support
