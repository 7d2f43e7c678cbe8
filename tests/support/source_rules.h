#pragma once

#include <filesystem>
#include <string>
#include <vector>

// The rules of docs/architecture.md and CONTRIBUTING.md that a program can check on the text of the
// sources. Non-goal: parsing C++. Lines are looked at one by one, so a rule is a rule about lines.
// house.h has the modules and rooms.
namespace dbot::support {

/// "dbot/nn/block.cpp:3: what is wrong, and what was expected".
using Complaints = std::vector<std::string>;

/// Headers and sources under dbot/ and apps/ of the checkout `root`: quoted includes are written
/// from the root, exist, and name no module below the file's own and no room below its own room;
/// every folder is a room of a module.
Complaints check_include_order(const std::filesystem::path& root);

/// Headers and sources under dbot/, apps/ and tests/: at most 500 lines, `#pragma once` in headers,
/// never torch/torch.h, ATen/ATen.h in no header, conditional compilation in ops/, runtime/ and
/// kernels alone. No folder has more than 30 of them.
Complaints check_house_rules(const std::filesystem::path& root);

/// What a module must not know: data never asks for the type of a data set (dynamic_cast); train,
/// report and run name no learning system; the library names no option of the command line.
Complaints check_what_modules_know(const std::filesystem::path& root);

/// Relative links in the checkout's Markdown files lead to something: those at its root and below
/// docs, dbot, apps, tests, examples and benchmarks.
Complaints check_document_links(const std::filesystem::path& root);

}  // namespace dbot::support
