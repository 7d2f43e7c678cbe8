#include "tests/support/source_rules.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <regex>
#include <string_view>

namespace fs = std::filesystem;

namespace dbot::support {
namespace {

constexpr std::size_t most_lines = 600;

struct TextFile {
  fs::path path;  // from the root of the checkout
  std::vector<std::string> lines;

  std::string at(std::size_t line, std::string_view complaint) const {
    return path.generic_string() + ":" + std::to_string(line + 1) + ": " + std::string(complaint);
  }
  bool is_header() const { return path.extension() == ".h"; }
};

TextFile read(const fs::path& root, const fs::path& file) {
  TextFile text{file.lexically_relative(root), {}};
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) text.lines.push_back(line);
  return text;
}

/// All files under the folders with one of the extensions, in a fixed order.
std::vector<TextFile> read_all(const fs::path& root, const std::vector<std::string>& folders,
                               const std::vector<std::string>& extensions) {
  std::vector<fs::path> paths;
  for (const std::string& folder : folders) {
    if (!fs::is_directory(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (entry.is_regular_file() && std::ranges::count(extensions, extension) > 0) {
        paths.push_back(entry.path());
      }
    }
  }
  std::ranges::sort(paths);
  std::vector<TextFile> files;
  files.reserve(paths.size());
  for (const fs::path& path : paths) files.push_back(read(root, path));
  return files;
}

const std::vector<std::string>& source_extensions() {
  static const std::vector<std::string> extensions{".h", ".cpp", ".cu"};
  return extensions;
}

/// The file between the quotes or angle brackets of an #include line.
std::optional<std::string> included_file(const std::string& line, char open, char close) {
  static const std::regex directive(R"(^\s*#\s*include\s*([<"])([^>"]+)([>"]).*)");
  std::smatch match;
  if (!std::regex_match(line, match, directive)) return std::nullopt;
  if (match.str(1)[0] != open || match.str(3)[0] != close) return std::nullopt;
  return match.str(2);
}

/// Place in the order; apps/ comes last; empty for a folder that is no module.
std::optional<std::ptrdiff_t> rank(const fs::path& file) {
  const std::vector<std::string>& modules = modules_in_order();
  auto part = file.begin();
  if (part != file.end() && *part == "apps") return std::ssize(modules);
  if (part == file.end() || *part != "dbot" || ++part == file.end()) return std::nullopt;
  const auto found = std::ranges::find(modules, part->string());
  if (found == modules.end()) return std::nullopt;
  return found - modules.begin();
}

void check_one_include(const fs::path& root, const TextFile& file, std::size_t line,
                       std::ptrdiff_t own_rank, Complaints& complaints) {
  const auto included = included_file(file.lines[line], '"', '"');
  if (!included) return;
  const auto included_rank = rank(*included);
  if (!included_rank) {
    complaints.push_back(file.at(line, "\"" + *included +
                                           "\" is not in a known module; write includes from the "
                                           "root (dbot/<module>/…) and other libraries' in <>"));
  } else if (*included_rank > own_rank) {
    complaints.push_back(file.at(line, "\"" + *included +
                                           "\" is in a module below this one; a module includes "
                                           "only modules above it"));
  } else if (!fs::exists(root / *included)) {
    complaints.push_back(file.at(line, "\"" + *included + "\" does not exist"));
  }
}

bool may_compile_conditionally(const fs::path& file) {
  const std::string name = file.generic_string();
  return name.starts_with("dbot/ops/") || name.starts_with("dbot/runtime/");
}

void check_one_line(const TextFile& file, std::size_t line, Complaints& complaints) {
  static const std::regex conditional(R"(^\s*#\s*(if|ifdef|ifndef|elif)\b.*)");
  const auto included = included_file(file.lines[line], '<', '>');
  if (included == "torch/torch.h") {
    complaints.push_back(file.at(line,
                                 "torch/torch.h costs seconds a file; include the lean "
                                 "headers ATen/core/Tensor.h and ATen/ops/<op>.h"));
  }
  if (included == "ATen/ATen.h" && file.is_header()) {
    complaints.push_back(file.at(line, "ATen/ATen.h in a header; include ATen/core/Tensor.h"));
  }
  if (std::regex_match(file.lines[line], conditional) && !may_compile_conditionally(file.path)) {
    complaints.push_back(file.at(line,
                                 "conditional compilation outside ops/ and runtime/; give the "
                                 "absent part a substitute with the same symbols"));
  }
}

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

const std::vector<std::string>& modules_in_order() {
  static const std::vector<std::string> modules{
      "core",       "formats", "runtime", "simd",  "ops",  "nn",     "exchange", "data", "masking",
      "objectives", "optim",   "methods", "train", "eval", "report", "run",      "tools"};
  return modules;
}

Complaints check_include_order(const fs::path& root) {
  Complaints complaints;
  for (const TextFile& file : read_all(root, {"dbot", "apps"}, source_extensions())) {
    // Headers right under dbot/ are the library's umbrella: they may include everything.
    const bool umbrella = file.path.parent_path() == "dbot";
    const auto own_rank = umbrella ? std::ssize(modules_in_order()) : rank(file.path);
    if (!own_rank) {
      complaints.push_back(file.at(0, "its folder is not in the list of modules"));
      continue;
    }
    for (std::size_t line = 0; line < file.lines.size(); ++line) {
      check_one_include(root, file, line, *own_rank, complaints);
    }
  }
  return complaints;
}

Complaints check_house_rules(const fs::path& root) {
  Complaints complaints;
  for (const TextFile& file : read_all(root, {"dbot", "apps", "tests"}, source_extensions())) {
    if (file.lines.size() > most_lines) {
      complaints.push_back(file.at(most_lines, std::to_string(file.lines.size()) +
                                                   " lines, expected at most " +
                                                   std::to_string(most_lines)));
    }
    // Highway's "-inl" headers are included once for each instruction set.
    const bool repeated = file.path.stem().string().ends_with("-inl");
    if (file.is_header() && !repeated && std::ranges::count(file.lines, "#pragma once") != 1) {
      complaints.push_back(file.at(0, "a header without one line #pragma once"));
    }
    for (std::size_t line = 0; line < file.lines.size(); ++line) {
      check_one_line(file, line, complaints);
    }
  }
  return complaints;
}

Complaints check_document_links(const fs::path& root) {
  Complaints complaints;
  std::vector<TextFile> documents = read_all(root, {"docs"}, {".md"});
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.path().extension() == ".md") documents.push_back(read(root, entry.path()));
  }
  for (const TextFile& document : documents) check_links(root, document, complaints);
  return complaints;
}

}  // namespace dbot::support
