#include "dbot/nn/parameters.h"

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <numeric>
#include <variant>

#include "dbot/core/error.h"
#include "dbot/nn/initialise.h"
#include "dbot/ops/flat_updates.h"
#include "dbot/runtime/shape_text.h"

namespace dbot::nn {
namespace {

constexpr std::int64_t kAlignment = 64 / sizeof(float);  // elements

std::int64_t element_count(const ParameterSpec& spec) {
  return std::accumulate(spec.shape.begin(), spec.shape.end(), std::int64_t{1},
                         std::multiplies<>());
}

template <typename Counts>
std::int64_t count_of(const std::vector<ParameterSpec>& specs, const Counts& counts) {
  return std::accumulate(
      specs.begin(), specs.end(), std::int64_t{0},
      [&](auto sum, const auto& spec) { return sum + (counts(spec) ? element_count(spec) : 0); });
}

std::int64_t aligned(std::int64_t elements) {
  return (elements + kAlignment - 1) / kAlignment * kAlignment;
}

/// A tensor of its own (no view in autograd's sense) on a part of a flat buffer.
at::Tensor part(const at::Tensor& flat, std::int64_t offset, const ParameterSpec& spec) {
  return flat.narrow(0, offset, element_count(spec)).view(spec.shape).variable_data();
}

/// Where the same tensors stand in two flat buffers.
struct Run {
  std::int64_t ours, theirs, size;
};

}  // namespace

ParameterStore::ParameterStore(std::vector<ParameterSpec> specs, const runtime::Device& device)
    : specs_(std::move(specs)), device_(device) {
  assign_offsets();
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  values_ = at::zeros({total_}, options);
  gradients_ = at::zeros({trainable_end_}, options);
  make_leaves();
  const auto is_table = [](const ParameterSpec& spec) {
    return std::holds_alternative<starts::PositionTable>(spec.start);
  };
  if (std::ranges::none_of(specs_, is_table)) return;
  write_on_host([&](const ParameterSpec& spec, const at::Tensor& value) {
    if (is_table(spec)) fill_parameter(value, spec, /*seed=*/0, /*stage=*/0);
  });
}

void ParameterStore::assign_offsets() {
  const auto place = [this](auto&& belongs) {
    for (const ParameterSpec& spec : specs_) {
      if (!belongs(spec)) continue;
      if (!slots_.emplace(spec.name, Slot{{}, total_}).second) {
        throw Error("[parameters] " + spec.name + " is named twice");
      }
      total_ += aligned(element_count(spec));
    }
    return total_;
  };
  vectors_end_ = place([](const auto& s) { return s.trainable() && !s.decayed(); });
  trainable_end_ = place([](const auto& s) { return s.trainable() && s.decayed(); });
  buffers_begin_ = place([](const auto& s) { return s.role == Role::fixed; });
  place([](const auto& s) { return s.role == Role::buffer; });
}

void ParameterStore::make_leaves() {
  for (const ParameterSpec& spec : specs_) {
    Slot& entry = slots_.at(spec.name);
    entry.value = part(values_, entry.offset, spec);
    if (!spec.trainable()) continue;
    entry.value.requires_grad_(true);
    // A gradient that is already there is added to in place, so the flat buffer stays the gradient.
    entry.value.mutable_grad() = part(gradients_, entry.offset, spec);
  }
}

const ParameterStore::Slot& ParameterStore::slot(std::string_view name) const {
  const auto found = slots_.find(std::string(name));
  if (found == slots_.end()) {
    throw Error("[parameters] there is no parameter " + std::string(name));
  }
  return found->second;
}

const at::Tensor& ParameterStore::at(std::string_view name) const {
  return slot(name).value;
}

bool ParameterStore::contains(std::string_view name) const {
  return slots_.contains(std::string(name));
}

std::int64_t ParameterStore::offset(std::string_view name) const {
  return slot(name).offset;
}

std::int64_t ParameterStore::parameter_count() const {
  return count_of(specs_, [](const auto& spec) { return spec.role != Role::buffer; });
}

std::int64_t ParameterStore::trainable_count() const {
  return count_of(specs_, [](const auto& spec) { return spec.trainable(); });
}

void ParameterStore::initialise(std::uint64_t seed, std::uint32_t stage,
                                const std::vector<std::string>& keep) {
  for (const std::string& name : keep) slot(name);
  ++revision_;
  // Random numbers are drawn on the host, so that they are the same on all devices.
  write_on_host([&](const ParameterSpec& spec, const at::Tensor& value) {
    if (std::find(keep.begin(), keep.end(), spec.name) != keep.end()) return;
    fill_parameter(value, spec, seed, stage);
  });
}

void ParameterStore::write_on_host(
    const std::function<void(const ParameterSpec& spec, const at::Tensor& value)>& write) {
  if (device_.is_cpu()) {
    for (const ParameterSpec& spec : specs_) write(spec, slot(spec.name).value);
    return;
  }
  const c10::NoGradGuard no_graph;
  const at::Tensor here = values_.cpu();
  for (const ParameterSpec& spec : specs_) {
    write(spec, part(here, slot(spec.name).offset, spec));
  }
  values_.copy_(here);
}

void ParameterStore::zero_gradients() {
  if (gradients_.defined()) gradients_.zero_();
}

void ParameterStore::freeze() {
  for (auto& [name, entry] : slots_) {
    entry.value.requires_grad_(false);
    entry.value.mutable_grad().reset();
  }
  gradients_.reset();
}

runtime::NamedTensors ParameterStore::named() const {
  runtime::NamedTensors tensors;
  for (const auto& [name, entry] : slots_) tensors.emplace(name, entry.value.variable_data());
  return tensors;
}

void ParameterStore::copy_from(const runtime::NamedTensors& source, bool partial) {
  // Everything is checked before anything is written.
  for (const ParameterSpec& spec : specs_) {
    const auto found = source.find(spec.name);
    if (found == source.end()) {
      if (partial) continue;
      throw Error("[parameters] " + spec.name + " is missing, expected a tensor " +
                  runtime::shape_text(spec.shape));
    }
    if (found->second.sizes() != at::IntArrayRef(spec.shape)) {
      throw Error("[parameters] " + spec.name + " has shape " +
                  runtime::shape_text(found->second.sizes()) + ", expected " +
                  runtime::shape_text(spec.shape));
    }
  }
  const c10::NoGradGuard no_graph;
  ++revision_;
  const auto is_on_host = [](const auto& entry) { return entry.second.is_cpu(); };
  if (!device_.is_cpu() && std::ranges::any_of(source, is_on_host)) {
    return write_on_host([&](const ParameterSpec& spec, const at::Tensor& value) {
      const auto found = source.find(spec.name);
      if (found != source.end()) value.copy_(found->second);
    });
  }
  for (auto& [name, entry] : slots_) {
    const auto found = source.find(name);
    if (found != source.end()) entry.value.copy_(found->second);
  }
}

void ParameterStore::lerp_from(const ParameterStore& source, double share,
                               const at::Tensor& skipped) {
  std::vector<Run> runs;
  for (const bool decayed : {false, true}) {  // the order of the flat buffer
    for (const ParameterSpec& spec : specs_) {
      if (!spec.trainable() || spec.decayed() != decayed) continue;
      const Slot& theirs = source.slot(spec.name);
      if (theirs.value.sizes() != at::IntArrayRef(spec.shape)) {
        throw Error("[parameters] " + spec.name + " has shape " +
                    runtime::shape_text(theirs.value.sizes()) + ", expected " +
                    runtime::shape_text(spec.shape));
      }
      const Run run{slot(spec.name).offset, theirs.offset, aligned(element_count(spec))};
      const bool goes_on = !runs.empty() && runs.back().ours + runs.back().size == run.ours &&
                           runs.back().theirs + runs.back().size == run.theirs;
      if (goes_on) {
        runs.back().size += run.size;
      } else {
        runs.push_back(run);
      }
    }
  }
  ++revision_;
  for (const auto& [ours, theirs, size] : runs) {
    ops::move_towards(values_.narrow(0, ours, size), source.values_.narrow(0, theirs, size), share,
                      skipped);
  }
}

}  // namespace dbot::nn
