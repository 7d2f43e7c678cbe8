#include "dbot/run/recipe/reference_catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"

namespace dbot::run {

ReferenceText find_reference(const std::string& argument, const std::string& recipe) {
  const std::string wanted = argument == "auto" ? recipe : argument;
  const auto& all = embedded_references();
  const auto found = std::ranges::find(all, wanted, &EmbeddedReference::name);
  if (found != all.end()) {
    return {fmt::format("docs/reference/{}.json", wanted), std::string(found->text)};
  }
  std::error_code ignored;
  if (argument != "auto" && std::filesystem::is_regular_file(argument, ignored)) {
    return {argument, core::read_text_file(argument)};
  }
  std::vector<std::string_view> names;
  for (const EmbeddedReference& one : all) names.push_back(one.name);
  throw UsageError({.operation = "reference",
                    .subject = argument == "auto" ? "the recipe " + recipe : argument,
                    .fault = Fault::missing,
                    .reason = argument == "auto" ? "has no reference run in this program"
                                                 : "is no file and no reference run",
                    .way_out = names.empty() ? "name a file that was written from a finished run"
                                             : fmt::format("name a file, or one of the program: {}",
                                                           fmt::join(names, ", "))});
}

}  // namespace dbot::run
