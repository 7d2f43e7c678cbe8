#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dbot/core/stop.h"

namespace dbot::report {

struct TsneConfig {
  double perplexity = 30;  // of points each looks at; fewer where there are few points
  int iterations = 500;
};

/// Places points in the plane so that near ones stay near: exact t-SNE (van der Maaten & Hinton,
/// "Visualizing data using t-SNE", JMLR 2008), O(points²) an iteration, starting from the points'
/// first two coordinates (give principal components). Draws nothing at random: equal input gives
/// equal output. points: [count, dimensions] row by row, at least two dimensions. Returns [count,
/// 2]. Throws Stopped when asked to stop.
std::vector<double> tsne(std::span<const double> points, std::size_t count,
                         const TsneConfig& config, const core::StopRequest& stop);

/// Moves and scales both axes alike so that all places [count, 2] lie in 0…1, centred.
void fit_unit_square(std::vector<double>& places);

}  // namespace dbot::report
