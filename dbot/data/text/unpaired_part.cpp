#include "dbot/data/text/unpaired_part.h"

#include <numeric>
#include <utility>

#include "dbot/core/random.h"

namespace dbot::data {
namespace {

struct Unpaired {
  std::shared_ptr<const TextDataset> texts;
  std::int64_t samples = 0;
  std::string prefix;
};

class UnpairedPart final : public BatchPart {
 public:
  UnpairedPart(std::shared_ptr<const Unpaired> unpaired, std::unique_ptr<BatchPart> inner)
      : unpaired_(std::move(unpaired)), inner_(std::move(inner)) {}

  void fill(std::int64_t slot, const Sample& /*sample*/, const SampleDraws& draws) override {
    thread_local Sample read;  // beside the loader's own
    const auto& texts = *unpaired_->texts;
    const std::int64_t text = unpaired_text(texts.size(), unpaired_->samples, draws);
    texts.read(text, read);
    inner_->fill(slot, read, {draws.seed, draws.epoch, text});
  }
  void copy(std::int64_t from, std::int64_t to) override { inner_->copy(from, to); }
  void give(Batch& batch, std::int64_t slots) override {
    Batch of_texts;
    inner_->give(of_texts, slots);
    for (auto& [name, tensor] : of_texts.tensors) batch.tensors[unpaired_->prefix + name] = tensor;
  }

 private:
  std::shared_ptr<const Unpaired> unpaired_;
  std::unique_ptr<BatchPart> inner_;
};

}  // namespace

std::int64_t unpaired_text(std::int64_t texts, std::int64_t samples, const SampleDraws& draws) {
  const std::int64_t place = draws.epoch * samples + draws.sample;
  core::Random random({.seed = draws.seed,
                       .purpose = core::Purpose::partner,
                       .sample = static_cast<std::uint64_t>(place / texts)});
  const auto count = static_cast<std::uint64_t>(texts);
  // Samples come in random order, so a step width that visits every text once is order enough.
  std::uint64_t width = 1 + random.below(count);
  while (std::gcd(width, count) != 1) width = width % count + 1;
  const std::uint64_t begin = random.below(count);
  const auto within = static_cast<std::uint64_t>(place % texts);
  return static_cast<std::int64_t>((begin + within * width) % count);
}

BatchPartFactory unpaired_part(std::shared_ptr<const TextDataset> texts, std::int64_t samples,
                               BatchPartFactory inner, std::string prefix) {
  const auto unpaired =
      std::make_shared<const Unpaired>(Unpaired{std::move(texts), samples, std::move(prefix)});
  return {[unpaired, make = std::move(inner.make)](std::int64_t slots) {
            return std::make_unique<UnpairedPart>(unpaired, make(slots));
          },
          inner.slot_bytes};
}

}  // namespace dbot::data
