#pragma once

#include <filesystem>
#include <string>
#include <vector>

// The rules of docs/architecture.md and CONTRIBUTING.md that a program can check on the text of the
// sources. Non-goal: parsing C++. Lines are looked at one by one, so a rule is a rule about lines.
namespace dbot::support {

/// "dbot/nn/block.cpp:3: what is wrong, and what was expected".
using Complaints = std::vector<std::string>;

/// Modules from the first to the last: each may include only itself and those before it. The
/// command line (apps/) comes after all of them.
const std::vector<std::string>& modules_in_order();

/// Headers and sources under dbot/ and apps/ of the checkout `root`: quoted includes are written
/// from the root, exist, and name a module that is not below the file's own; every folder is a
/// module.
Complaints check_include_order(const std::filesystem::path& root);

/// Headers and sources under dbot/, apps/ and tests/: at most 600 lines, `#pragma once` in headers,
/// never torch/torch.h, ATen/ATen.h in no header, conditional compilation in ops/ and runtime/
/// alone.
Complaints check_house_rules(const std::filesystem::path& root);

/// Relative links in the checkout's Markdown files (at its root and under docs/) lead to something.
Complaints check_document_links(const std::filesystem::path& root);

}  // namespace dbot::support
