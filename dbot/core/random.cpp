#include "dbot/core/random.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace dbot::core {
namespace {

// The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a bijection of 64 bits.
constexpr std::uint64_t mix(std::uint64_t value) noexcept {
  value += 0x9E3779B97F4A7C15u;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

// Distinct (purpose, stage) of one seed, and distinct seeds of one (purpose, stage), never share a
// Philox key, because each step is a bijection in the part that differs.
std::array<std::uint32_t, 2> philox_key(const DrawKey& key) noexcept {
  const std::uint64_t use =
      std::uint64_t{static_cast<std::uint32_t>(key.purpose)} << 32 | key.stage;
  const std::uint64_t mixed = mix(mix(key.seed) ^ use);
  return {static_cast<std::uint32_t>(mixed), static_cast<std::uint32_t>(mixed >> 32)};
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key) noexcept {
  // Constants of the paper's section 5.3: two multipliers, and the golden ratio and √3 − 1 as the
  // steps of the key schedule.
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

Random::Random(const DrawKey& key) noexcept
    : counter_{0, key.epoch, static_cast<std::uint32_t>(key.sample),
               static_cast<std::uint32_t>(key.sample >> 32)},
      key_(philox_key(key)) {}

std::uint32_t Random::next() noexcept {
  if (used_ == block_.size()) {
    block_ = philox(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

std::uint64_t Random::next_pair() noexcept {
  const std::uint64_t low = next();
  return std::uint64_t{next()} << 32 | low;
}

double Random::uniform() noexcept {
  return static_cast<double>(next_pair() >> 11) * 0x1p-53;
}

double Random::uniform(double low, double high) noexcept {
  const double value = low + (high - low) * uniform();
  // The product may round up to the excluded bound.
  return value < high ? value : std::nextafter(high, low);
}

float Random::uniform_float() noexcept {
  return static_cast<float>(next() >> 8) * 0x1p-24f;
}

double Random::normal() noexcept {
  if (has_second_normal_) {
    has_second_normal_ = false;
    return second_normal_;
  }
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));  // 1 − u is never zero
  const double angle = 2.0 * std::numbers::pi * uniform();
  second_normal_ = radius * std::sin(angle);
  has_second_normal_ = true;
  return radius * std::cos(angle);
}

double Random::gamma(double shape) noexcept {
  // Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 2000; shapes
  // below 1 are one more, times a power of a uniform number.
  if (shape < 1) {
    const double power = std::pow(1.0 - uniform(), 1.0 / shape);
    return gamma(shape + 1) * power;
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal(), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1.0 - uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double Random::beta(double first, double second) noexcept {
  const double a = gamma(first), b = gamma(second);
  // Tiny parameters round both to 0: all is then at one end or the other.
  if (a + b == 0) return uniform() < first / (first + second) ? 1 : 0;
  return a / (a + b);
}

std::uint64_t Random::below(std::uint64_t count) noexcept {
  // The lowest 2^bits mod count products or values are rejected: what is left divides evenly.
  if (count <= 0xFFFFFFFFu) {
    // Lemire, "Fast random integer generation in an interval", ACM TOMACS 2019: the upper half of a
    // product is the result, and a division is needed only for the few products near zero.
    const auto count32 = static_cast<std::uint32_t>(count);
    std::uint64_t product = std::uint64_t{next()} * count32;
    if (static_cast<std::uint32_t>(product) < count32) {
      const std::uint32_t rejected = (0u - count32) % count32;
      while (static_cast<std::uint32_t>(product) < rejected) {
        product = std::uint64_t{next()} * count32;
      }
    }
    return product >> 32;
  }
  const std::uint64_t rejected = (0u - count) % count;
  std::uint64_t value = next_pair();
  while (value < rejected) value = next_pair();
  return value % count;
}

std::vector<std::int64_t> permutation(const DrawKey& key, std::int64_t count) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Random random(key);
  for (std::size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[random.below(left)]);
  }
  return order;
}

std::uint64_t name_key(std::string_view name) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char character : name) {
    hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001B3u;
  }
  return hash;
}

}  // namespace dbot::core
