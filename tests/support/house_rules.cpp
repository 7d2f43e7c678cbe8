#include <algorithm>
#include <map>
#include <regex>

#include "tests/support/include_line.h"
#include "tests/support/source_files.h"
#include "tests/support/source_rules.h"

namespace dbot::support {
namespace {

constexpr std::size_t kMostLines = 500;
constexpr std::size_t kMostSourcesInAFolder = 30;

/// Kernels ask which instruction set they are compiled for, `runtime` which machine this is.
bool may_compile_conditionally(const TextFile& file) {
  return file.is_below("dbot/ops/") || file.is_below("dbot/runtime/") ||
         file.is_below("dbot/simd/") || file.is_below("dbot/data/kernels/");
}

void check_one_line(const TextFile& file, std::size_t line, Complaints& complaints) {
  static const std::regex conditional(R"(^\s*#\s*(if|ifdef|ifndef|elif)\b.*)");
  if (file.lines[line].find('#') == std::string::npos) return;
  const auto included = included_file(file.lines[line], '<', '>');
  if (included == "torch/torch.h") {
    complaints.push_back(file.at(line,
                                 "torch/torch.h costs seconds a file; include the lean "
                                 "headers ATen/core/Tensor.h and ATen/ops/<op>.h"));
  }
  if (included == "ATen/ATen.h" && file.is_header()) {
    complaints.push_back(file.at(line, "ATen/ATen.h in a header; include ATen/core/Tensor.h"));
  }
  if (std::regex_match(file.lines[line], conditional) && !may_compile_conditionally(file)) {
    complaints.push_back(file.at(line,
                                 "conditional compilation outside runtime/ and kernels; give "
                                 "the absent part a substitute with the same symbols"));
  }
}

void check_one_file(const TextFile& file, Complaints& complaints) {
  if (file.lines.size() > kMostLines) {
    complaints.push_back(file.at(kMostLines, std::to_string(file.lines.size()) +
                                                 " lines, expected at most " +
                                                 std::to_string(kMostLines)));
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

}  // namespace

Complaints check_house_rules(const std::filesystem::path& root) {
  Complaints complaints;
  std::map<std::string, std::size_t> sources_in;
  for (const TextFile& file :
       read_text_files(root, {"dbot", "apps", "tests"}, source_extensions())) {
    check_one_file(file, complaints);
    ++sources_in[file.path.parent_path().generic_string()];
  }
  for (const auto& [folder, sources] : sources_in) {
    if (sources <= kMostSourcesInAFolder) continue;
    complaints.push_back(folder + ": " + std::to_string(sources) +
                         " headers and sources, expected at most " +
                         std::to_string(kMostSourcesInAFolder) + "; give it rooms");
  }
  return complaints;
}

}  // namespace dbot::support
