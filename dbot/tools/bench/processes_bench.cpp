#include "dbot/tools/bench/processes_bench.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/tools/bench/socket_bytes.h"

namespace dbot::tools {
namespace {

using runtime::Cuts;
using runtime::Group;

struct Collective {
  std::string name;
  std::function<void()> run;
  std::int64_t bytes;  // that all ranks send together
};

std::int64_t maximum(Group& group, std::int64_t value) {
  return -group.minimum(-value);
}

std::int64_t total(Group& group, std::int64_t value) {
  const at::Tensor one = at::empty({1}, at::kLong).fill_(value);
  group.ring_sum(one);
  return one.item().toLong();
}

/// Rank r has r + 1 everywhere, so every sum is exact.
void check_sum(const Group& group, const at::Tensor& flat, const std::string& name) {
  const double expected = group.ranks() * (group.ranks() + 1) / 2.0;
  if (flat.eq(expected).all().item().toBool()) return;
  throw Error(
      fmt::format("[bench] the {} of {} processes is not {}", name, group.ranks(), expected));
}

CollectiveTime time_one(Group& group, const Collective& collective, const at::Tensor& flat,
                        std::int64_t rounds) {
  std::vector<std::int64_t> nanoseconds;
  std::int64_t bytes = 0;
  for (std::int64_t round = 0; round <= rounds; ++round) {
    flat.fill_(group.rank() + 1);
    const std::int64_t before = socket_bytes_sent();
    group.barrier();
    const core::Stopwatch clock;
    collective.run();
    const auto taken = static_cast<std::int64_t>(clock.seconds() * 1e9);
    bytes = total(group, socket_bytes_sent() - before);
    if (round > 0) nanoseconds.push_back(maximum(group, taken));  // the first: memory is touched
  }
  std::sort(nanoseconds.begin(), nanoseconds.end());
  return {.name = collective.name,
          .seconds = 1e-9 * static_cast<double>(nanoseconds[nanoseconds.size() / 2]),
          .bytes_sent = bytes,
          .bytes_computed = collective.bytes};
}

}  // namespace

std::vector<CollectiveTime> time_collectives(Group& group, std::int64_t bytes,
                                             std::int64_t rounds) {
  const at::Tensor flat = at::empty({std::max<std::int64_t>(bytes / 4, 1)}, at::kFloat);
  const std::int64_t once = (group.ranks() - 1) * 4 * flat.numel();
  const Cuts cuts = runtime::even_cuts(flat.numel(), group.ranks());
  // Without a power of two of ranks there are no halves: the ring sums everything.
  const std::int64_t scattered = runtime::is_power_of_two(group.ranks()) ? once : 2 * once;
  std::int64_t least = 0;
  const std::vector<Collective> collectives{
      {"sum", [&] { group.sum(flat); }, 2 * once},
      {"ring", [&] { group.ring_sum(flat); }, 2 * once},
      {"reduce_scatter", [&] { group.reduce_scatter(flat, cuts); }, scattered},
      {"all_gather", [&] { group.all_gather(flat, cuts); }, once},
      {"broadcast", [&] { group.broadcast(flat); }, once},
      {"minimum", [&] { least = group.minimum(group.rank()); }, 0}};
  std::vector<CollectiveTime> times;
  for (const Collective& collective : collectives) {
    times.push_back(time_one(group, collective, flat, rounds));
    const bool adds = collective.name == "sum" || collective.name == "ring";
    if (adds) check_sum(group, flat, collective.name);
  }
  return times;
}

}  // namespace dbot::tools
