#include "dbot/masking/space_time_mask.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/masking/distinct_numbers.h"
#include "dbot/masking/rounding.h"

namespace dbot::masking {
namespace {

using Kind = SpaceTimeMaskKind;

void check_ratio(double ratio) {
  kept_patches(1, ratio);
}

std::int64_t visible_tubes(const SpaceTimeMaskConfig& config, const SpaceTimeGrid& grid) {
  return nearest(static_cast<double>(grid.places()) * (1.0 - config.ratio));
}

std::int64_t visible_steps(const SpaceTimeMaskConfig& config, const SpaceTimeGrid& grid) {
  return grid.time - nearest(static_cast<double>(grid.time) * config.ratio);
}

std::int64_t hidden_by_cubes(const SpaceTimeMaskConfig& config, const SpaceTimeGrid& grid) {
  return nearest(static_cast<double>(grid.tokens()) * config.ratio);
}

/// What is hidden of [batch, values], in the order of the values.
at::Tensor hidden(const at::Tensor& noise, std::int64_t kept) {
  return random_mask(noise, kept).mask;
}

at::Tensor cubes_of(core::Random& random, const CubeConfig& config, const SpaceTimeGrid& grid) {
  return cube_mask(
      grid, config,
      {[&](double low, double high) { return random.uniform(low, high); },
       [&](std::int64_t first, std::int64_t last) {
         return first + static_cast<std::int64_t>(
                            random.below(static_cast<std::uint64_t>(last - first) + 1));
       },
       [&](std::int64_t count, std::int64_t of) { return distinct_numbers(random, count, of); }});
}

}  // namespace

const std::vector<std::string>& space_time_mask_kinds() {
  static const std::vector<std::string> kKinds{"random", "tube", "frame", "cube", "per_frame"};
  return kKinds;
}

std::int64_t visible_tokens(const SpaceTimeMaskConfig& config, const SpaceTimeGrid& grid) {
  check_ratio(config.ratio);
  switch (config.kind) {
    case Kind::random:
      break;
    case Kind::tube:
      if (config.ragged_tubes) break;
      return visible_tubes(config, grid) * grid.time;
    case Kind::frame:
      return visible_steps(config, grid) * grid.places();
    case Kind::cube:
      return grid.tokens() - hidden_by_cubes(config, grid);
    case Kind::per_frame:
      return kept_patches(grid.places(), config.ratio) * grid.time;
  }
  return kept_patches(grid.tokens(), config.ratio);
}

std::int64_t noise_values(const SpaceTimeMaskConfig& config, const SpaceTimeGrid& grid) {
  switch (config.kind) {
    case Kind::random:
    case Kind::per_frame:
      return grid.tokens();
    case Kind::tube:
      return grid.places();
    case Kind::frame:
      return grid.time;
    case Kind::cube:
      break;
  }
  return 0;
}

CubeConfig cube_config(const SpaceTimeMaskConfig& config, const SpaceTimeGrid& grid) {
  constexpr std::int64_t kSmallestShare = 5;
  return {.masked = hidden_by_cubes(config, grid),
          .smallest = grid.places() / kSmallestShare,
          .largest = grid.places()};
}

Mask space_time_mask(const at::Tensor& noise, const SpaceTimeMaskConfig& config,
                     const SpaceTimeGrid& grid) {
  const std::int64_t values = noise_values(config, grid);
  if (values == 0 || noise.dim() != 2 || noise.size(1) != values) {
    throw Error({.operation = "mask",
                 .subject = fmt::format("noise of {} values", noise.numel()),
                 .fault = Fault::mismatch,
                 .reason = fmt::format("was given, expected [batch, {}] for such masks", values)});
  }
  check_ratio(config.ratio);
  const std::int64_t batch = noise.size(0);
  switch (config.kind) {
    case Kind::tube: {
      if (config.ragged_tubes) {
        return random_mask(noise.repeat({1, grid.time}), visible_tokens(config, grid));
      }
      return mask_as_given(hidden(noise, visible_tubes(config, grid)).repeat({1, grid.time}));
    }
    case Kind::frame:
      return mask_as_given(hidden(noise, visible_steps(config, grid))
                               .unsqueeze(2)
                               .expand({batch, grid.time, grid.places()})
                               .reshape({batch, grid.tokens()}));
    case Kind::per_frame: {
      const std::int64_t kept = kept_patches(grid.places(), config.ratio);
      return mask_as_given(hidden(noise.reshape({batch * grid.time, grid.places()}), kept)
                               .reshape({batch, grid.tokens()}));
    }
    case Kind::random:
    case Kind::cube:
      break;
  }
  return random_mask(noise, visible_tokens(config, grid));
}

at::Tensor space_time_draws(std::uint64_t seed, std::uint32_t stage, std::uint32_t epoch,
                            std::span<const std::int64_t> sample_ids, std::int64_t repeats,
                            const SpaceTimeMaskConfig& config, const SpaceTimeGrid& grid) {
  const bool cubes = config.kind == Kind::cube;
  const std::int64_t values = cubes ? grid.tokens() : noise_values(config, grid);
  const auto samples = static_cast<std::int64_t>(sample_ids.size());
  at::Tensor draws = at::empty({samples * repeats, values}, at::kFloat);
  const CubeConfig blocks = cube_config(config, grid);
  std::int64_t row = 0;
  for (const std::int64_t sample : sample_ids) {
    core::Random random({.seed = seed,
                         .purpose = core::Purpose::mask,
                         .stage = stage,
                         .epoch = epoch,
                         .sample = static_cast<std::uint64_t>(sample)});
    for (std::int64_t repeat = 0; repeat < repeats; ++repeat, ++row) {
      if (cubes) {
        draws.select(0, row).copy_(cubes_of(random, blocks, grid).view({-1}));
        continue;
      }
      float* noise = draws.mutable_data_ptr<float>() + row * values;
      for (std::int64_t i = 0; i < values; ++i) noise[i] = random.uniform_float();
    }
  }
  return draws;
}

Mask mask_of_draws(const at::Tensor& draws, const SpaceTimeMaskConfig& config,
                   const SpaceTimeGrid& grid) {
  return config.kind == Kind::cube ? mask_as_given(draws) : space_time_mask(draws, config, grid);
}

}  // namespace dbot::masking
