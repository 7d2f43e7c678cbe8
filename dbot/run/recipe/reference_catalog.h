#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dbot::run {

/// The figures of a run that is part of the program: docs/reference/<name>.json of the source.
struct EmbeddedReference {
  std::string_view name;  // of its recipe: "dbot/small-32"
  std::string_view text;  // JSON: report/page/reference
};

/// Sorted by name.
const std::vector<EmbeddedReference>& embedded_references();

struct ReferenceText {
  std::string origin;  // for messages: "docs/reference/dbot/small-32.json" or the path
  std::string text;
};

/// A file; the name of a reference of the program; or, of "auto", that of `recipe`. Throws
/// UsageError naming those that there are.
ReferenceText find_reference(const std::string& argument, const std::string& recipe);

}  // namespace dbot::run
