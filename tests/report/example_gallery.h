#pragma once

#include <string>

#include "dbot/methods/exhibits.h"

namespace dbot::test {

/// One exhibit of each kind, in groups of the kinds' names: "strip", "frames", "text", "matrix",
/// "curve", "points", "mesh". `text` stands wherever a name or a word may.
methods::Gallery example_gallery(const std::string& text = "some text");

}  // namespace dbot::test
