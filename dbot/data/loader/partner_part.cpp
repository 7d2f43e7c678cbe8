#include "dbot/data/loader/partner_part.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/random.h"

namespace dbot::data {
namespace {

constexpr int kMostPartners = 64;  // that are tried for one sample

/// Number `which` of 0, 1, 2 … without the ascending `members`.
std::int64_t outside(const std::vector<std::int64_t>& members, std::int64_t which) {
  std::size_t low = 0, high = members.size();
  while (low < high) {  // the first member with more than `which` others in front of it
    const std::size_t middle = (low + high) / 2;
    if (members[middle] - static_cast<std::int64_t>(middle) > which) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return which + static_cast<std::int64_t>(low);
}

std::int64_t drawn(double which, std::int64_t count) {
  return std::min(count - 1, static_cast<std::int64_t>(which * static_cast<double>(count)));
}

struct Partners {
  std::shared_ptr<const Dataset> dataset;
  PartnerChoice choice;
  PartnerConfig config;
};

class PartnerPart final : public BatchPart {
 public:
  PartnerPart(std::shared_ptr<const Partners> partners, std::unique_ptr<BatchPart> inner,
              std::int64_t slots)
      : partners_(std::move(partners)),
        inner_(std::move(inner)),
        samples_(static_cast<std::size_t>(slots)) {}

  void fill(std::int64_t slot, const Sample& sample, const SampleDraws& draws) override {
    const Dataset& dataset = *partners_->dataset;
    const std::int64_t index = draws.sample % dataset.size();
    core::Random random({.seed = draws.seed,
                         .purpose = core::Purpose::partner,
                         .epoch = static_cast<std::uint32_t>(draws.epoch),
                         .sample = static_cast<std::uint64_t>(draws.sample)});
    const std::uint64_t seed = random.next() * (std::uint64_t{1} << 32);
    const SampleDraws own{seed | random.next(), draws.epoch, draws.sample};
    for (int attempt = 0; attempt < kMostPartners; ++attempt) {
      const double of_class = random.uniform(), which = random.uniform();
      const std::int64_t partner =
          partners_->choice.partner(index, partners_->config.same_class, of_class, which);
      if (partner == index) break;
      if (try_to_fill(slot, partner, own)) return;
    }
    inner_->fill(slot, sample, own);
    at(slot) = index;
  }

  void copy(std::int64_t from, std::int64_t to) override {
    inner_->copy(from, to);
    at(to) = at(from);
  }

  void give(Batch& batch, std::int64_t slots) override {
    Batch of_partners;
    inner_->give(of_partners, slots);
    const std::string& prefix = partners_->config.prefix;
    for (auto& [name, tensor] : of_partners.tensors) batch.tensors[prefix + name] = tensor;
    for (auto& [name, tensor] : of_partners.offsets) batch.offsets[prefix + name] = tensor;
    at::Tensor ids = at::empty({slots}, at::TensorOptions().dtype(at::kLong));
    std::copy_n(samples_.begin(), slots, ids.data_ptr<std::int64_t>());
    batch.tensors[prefix + "sample_ids"] = ids;
  }

 private:
  bool try_to_fill(std::int64_t slot, std::int64_t partner, const SampleDraws& draws) {
    thread_local Sample read;  // beside the loader's own
    try {
      partners_->dataset->read(partner, read);
      inner_->fill(slot, read, draws);
    } catch (const DataError&) {  // told of where it comes as a sample itself
      return false;
    }
    at(slot) = partner;
    return true;
  }
  std::int64_t& at(std::int64_t slot) { return samples_[static_cast<std::size_t>(slot)]; }

  std::shared_ptr<const Partners> partners_;
  std::unique_ptr<BatchPart> inner_;
  std::vector<std::int64_t> samples_;  // the partner in each slot
};

}  // namespace

PartnerChoice::PartnerChoice(const Dataset& dataset) : size_(dataset.size()) {
  members_.resize(dataset.classes().size());
  if (members_.empty()) return;
  for (std::int64_t index = 0; index < size_; ++index) {
    labels_.push_back(dataset.label(index));
    if (labels_.back() < 0) continue;
    members_.at(static_cast<std::size_t>(labels_.back())).push_back(index);
  }
}

const std::vector<std::int64_t>* PartnerChoice::class_of(std::int64_t index) const {
  if (labels_.empty()) return nullptr;
  const std::int64_t label = labels_[static_cast<std::size_t>(index)];
  return label < 0 ? nullptr : &members_[static_cast<std::size_t>(label)];
}

std::int64_t PartnerChoice::partner(std::int64_t index, double same_class, double of_class,
                                    double which) const {
  const std::vector<std::int64_t>* own = class_of(index);
  if (own == nullptr) return size_ > 1 ? outside({index}, drawn(which, size_ - 1)) : index;
  const auto members = static_cast<std::int64_t>(own->size());
  if (of_class >= same_class) {
    return members < size_ ? outside(*own, drawn(which, size_ - members)) : index;
  }
  if (members < 2) return index;
  const auto place = std::ranges::lower_bound(*own, index) - own->begin();
  const std::int64_t chosen = drawn(which, members - 1);
  return (*own)[static_cast<std::size_t>(chosen + (chosen >= place ? 1 : 0))];
}

BatchPartFactory partner_part(std::shared_ptr<const Dataset> dataset, const PartnerConfig& config,
                              BatchPartFactory inner, const core::Log& log) {
  if (!(config.same_class >= 0 && config.same_class <= 1)) {
    throw UsageError(
        fmt::format("[loader] {} of the partners are to be of the same class, expected a share "
                    "between 0 and 1",
                    config.same_class));
  }
  PartnerChoice choice(*dataset);
  if (!choice.labelled()) {
    log(core::LogLevel::information,
        "[loader] the samples have no classes: partners are drawn from all of them");
  }
  const auto partners =
      std::make_shared<const Partners>(Partners{std::move(dataset), std::move(choice), config});
  return {[partners, make = std::move(inner.make)](std::int64_t slots) {
            return std::make_unique<PartnerPart>(partners, make(slots), slots);
          },
          inner.slot_bytes};
}

}  // namespace dbot::data
