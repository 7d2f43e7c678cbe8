#include "dbot/tools/bench/ops_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "dbot/core/clock.h"
#include "dbot/runtime/device_figures.h"
#include "dbot/tools/bench/ops_bench_cases.h"

namespace dbot::tools {
namespace {

// A turn of at least this length: far above the clock's own time and the start of threads.
constexpr double kTurnSeconds = 2e-3;

/// dbot/tiny-32 at batch 64 and ViT-B/16 at batch 8: what the encoder sees of an image (visible
/// patches and the cls token), and what the teacher and the decoder see.
const std::vector<TokenShape>& token_shapes() {
  static const std::vector<TokenShape> shapes{
      {"dbot/tiny-32, visible tokens", 64, 17, 192, 3},
      {"dbot/tiny-32, all tokens", 64, 65, 192, 3},
      {"ViT-B/16, visible tokens", 8, 50, 768, 12},
      {"ViT-B/16, all tokens", 8, 197, 768, 12},
      {"ViT-B/16, decoder", 8, 197, 512, 16},
  };
  return shapes;
}

/// The same networks where a GPU has enough to do.
std::vector<TokenShape> device_token_shapes(const runtime::Device& device) {
  return {{"dbot/tiny-32, visible tokens", 128, 17, 192, 3, device},
          {"dbot/tiny-32, all tokens", 128, 65, 192, 3, device},
          {"ViT-B/16, visible tokens", 256, 50, 768, 12, device},
          {"ViT-B/16, all tokens", 256, 197, 768, 12, device}};
}

/// A device is waited for once a turn, since it begins with the next call before the last has
/// ended.
double timed_device_turn(const std::function<at::Tensor()>& way, std::int64_t repeats,
                         const runtime::Device& device) {
  runtime::finish(device);
  const core::Stopwatch clock;
  for (std::int64_t i = 0; i < repeats; ++i) way();
  runtime::finish(device);
  return clock.seconds() / static_cast<double>(repeats);
}

/// Mean seconds of `way` in a turn of `repeats`.
double timed_turn(const OperationWays& ways, const std::function<at::Tensor()>& way,
                  std::int64_t repeats, const runtime::Device& device) {
  if (!device.is_cpu()) return timed_device_turn(way, repeats, device);
  double seconds = 0;
  for (std::int64_t i = 0; i < repeats; ++i) {
    if (ways.before) ways.before();
    const core::Stopwatch clock;
    way();
    seconds += clock.seconds();
  }
  return seconds / static_cast<double>(repeats);
}

double median_of(std::vector<double> values) {
  const std::size_t middle = values.size() / 2;
  std::sort(values.begin(), values.end());
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

std::string OperationCase::title() const {
  return fmt::format("{}, {}, {}, {}", operation, network, shape, reference);
}

std::string TokenShape::text() const {
  return fmt::format("{} x {} x {}", batch, tokens, width);
}

std::vector<OperationCase> operation_cases(runtime::Precision precision,
                                           const runtime::Device& device) {
  const at::ScalarType compute = runtime::compute_type(precision);
  std::vector<OperationCase> cases;
  const auto add = [&cases](std::vector<OperationCase> more) {
    std::move(more.begin(), more.end(), std::back_inserter(cases));
  };
  if (!device.is_cpu()) {
    for (const TokenShape& shape : device_token_shapes(device)) add(block_cases(shape, compute));
    add(step_cases(compute, device));
    return cases;
  }
  for (const TokenShape& shape : token_shapes()) {
    for (const auto make : {linear_cases, packed_cases, row_cases, attention_cases, block_cases}) {
      add(make(shape, compute));
    }
  }
  add(step_cases(compute));
  add(optimizer_cases());
  add(follower_cases());
  add(mask_cases());
  return cases;
}

OperationTimes time_operation(const OperationCase& operation, std::int64_t rounds) {
  const OperationWays ways = operation.prepare();
  const auto turn = [&](const std::function<at::Tensor()>& way, std::int64_t repeats) {
    return timed_turn(ways, way, repeats, operation.device);
  };
  const auto repeats_of = [&turn](const std::function<at::Tensor()>& way) {
    turn(way, 1);  // memory is allocated and kernels are chosen in the first one
    return static_cast<std::int64_t>(kTurnSeconds / (turn(way, 1) + 1e-6)) + 1;
  };
  const std::int64_t our_repeats = repeats_of(ways.ours);
  const std::int64_t reference_repeats = repeats_of(ways.reference);
  std::vector<double> ours, references, ratios;
  for (std::int64_t round = 0; round < rounds; ++round) {
    // Who comes second finds other things in the caches: they take it in turn.
    const bool ours_first = round % 2 == 0;
    if (ours_first) ours.push_back(turn(ways.ours, our_repeats));
    references.push_back(turn(ways.reference, reference_repeats));
    if (!ours_first) ours.push_back(turn(ways.ours, our_repeats));
    ratios.push_back(references.back() / ours.back());
  }
  return {median_of(std::move(ours)), median_of(std::move(references)),
          median_of(std::move(ratios))};
}

}  // namespace dbot::tools
