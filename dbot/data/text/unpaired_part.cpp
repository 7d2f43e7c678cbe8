#include "dbot/data/text/unpaired_part.h"

#include <numeric>
#include <utility>

#include "dbot/core/random.h"

namespace dbot::data {
namespace {

struct Unpaired {
  std::shared_ptr<const Dataset> others;
  std::int64_t samples = 0;
  std::string prefix;
};

class UnpairedPart final : public BatchPart {
 public:
  UnpairedPart(std::shared_ptr<const Unpaired> unpaired, std::unique_ptr<BatchPart> inner)
      : unpaired_(std::move(unpaired)), inner_(std::move(inner)) {}

  void fill(std::int64_t slot, const Sample& /*sample*/, const SampleDraws& draws) override {
    thread_local Sample read;  // beside the loader's own
    const auto& others = *unpaired_->others;
    const std::int64_t other = unpaired_sample(others.size(), unpaired_->samples, draws);
    others.read(other, read);
    inner_->fill(slot, read, {draws.seed, draws.epoch, other});
  }
  void copy(std::int64_t from, std::int64_t to) override { inner_->copy(from, to); }
  void give(Batch& batch, std::int64_t slots) override {
    Batch of_others;
    inner_->give(of_others, slots);
    for (auto& [name, tensor] : of_others.tensors) batch.tensors[unpaired_->prefix + name] = tensor;
    for (auto& [name, tensor] : of_others.offsets) batch.offsets[unpaired_->prefix + name] = tensor;
  }

 private:
  std::shared_ptr<const Unpaired> unpaired_;
  std::unique_ptr<BatchPart> inner_;
};

}  // namespace

std::int64_t unpaired_sample(std::int64_t others, std::int64_t samples, const SampleDraws& draws) {
  const std::int64_t place = draws.epoch * samples + draws.sample;
  core::Random random({.seed = draws.seed,
                       .purpose = core::Purpose::partner,
                       .sample = static_cast<std::uint64_t>(place / others)});
  const auto count = static_cast<std::uint64_t>(others);
  // Samples come in random order, so a step width that visits every text once is order enough.
  std::uint64_t width = 1 + random.below(count);
  while (std::gcd(width, count) != 1) width = width % count + 1;
  const std::uint64_t begin = random.below(count);
  const auto within = static_cast<std::uint64_t>(place % others);
  return static_cast<std::int64_t>((begin + within * width) % count);
}

BatchPartFactory unpaired_part(std::shared_ptr<const Dataset> others, std::int64_t samples,
                               BatchPartFactory inner, std::string prefix) {
  const auto unpaired =
      std::make_shared<const Unpaired>(Unpaired{std::move(others), samples, std::move(prefix)});
  return {[unpaired, make = std::move(inner.make)](std::int64_t slots) {
            return std::make_unique<UnpairedPart>(unpaired, make(slots));
          },
          inner.slot_bytes};
}

}  // namespace dbot::data
