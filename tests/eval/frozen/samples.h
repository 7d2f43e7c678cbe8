#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/core/stop.h"

namespace dbot::eval {

inline const core::StopRequest kNoStop;

inline at::Tensor matrix(std::int64_t rows, std::int64_t columns, std::vector<float> values) {
  at::Tensor tensor = at::empty({rows, columns}, at::TensorOptions(at::kFloat));
  std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<float>());
  return tensor;
}

inline at::Tensor labels(std::vector<std::int64_t> values) {
  at::Tensor tensor =
      at::empty({static_cast<std::int64_t>(values.size())}, at::TensorOptions(at::kLong));
  std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<std::int64_t>());
  return tensor;
}

struct SampleSet {
  at::Tensor features, labels;
};

/// Normal noise, moved by ±`distance` in the first column: class 0 below, class 1 above.
inline SampleSet two_clouds(std::int64_t samples, std::int64_t width, std::uint64_t seed,
                            double distance = 8) {
  core::Random random({.seed = seed});
  std::vector<float> values;
  std::vector<std::int64_t> classes;
  for (std::int64_t i = 0; i < samples; ++i) {
    classes.push_back(i % 2);
    for (std::int64_t column = 0; column < width; ++column) {
      const double centre = column == 0 ? (i % 2 == 0 ? -distance : distance) : 0.0;
      values.push_back(static_cast<float>(centre + random.normal()));
    }
  }
  return {matrix(samples, width, std::move(values)), labels(std::move(classes))};
}

}  // namespace dbot::eval
