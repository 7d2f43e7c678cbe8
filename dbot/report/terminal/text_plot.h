#pragma once

#include <string>
#include <vector>

namespace dbot::report {

/// A curve as rows of braille characters (each two points wide and four high) with the largest and
/// the smallest value at the left. Values that are not finite are gaps; where there are more values
/// than points, each point is a mean. A scale of powers is used where values span more than 1 : 20.
/// Empty if there is no finite value, or no room. `ascii`: stars instead, one point a character.
std::vector<std::string> text_plot(const std::vector<double>& values, int columns, int rows,
                                   bool ascii = false);

}  // namespace dbot::report
