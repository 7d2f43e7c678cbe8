#include "dbot/train/capture/capture_names.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/methods/state_names.h"

namespace dbot::train {
namespace {

at::Tensor tensor_of(const std::vector<std::int64_t>& values) {
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), tensor.data_ptr<std::int64_t>());
  return tensor;
}

std::vector<std::int64_t> integers(const runtime::NamedTensors& tensors, const char* name) {
  const auto found = tensors.find(name);
  if (found == tensors.end() || found->second.scalar_type() != at::kLong) {
    throw DataError({.subject = "a micro-batch",
                     .fault = Fault::corrupt,
                     .reason = std::string("has no integers ") + name});
  }
  const auto* first = found->second.const_data_ptr<std::int64_t>();
  return {first, first + found->second.numel()};
}

}  // namespace

runtime::NamedTensors tensors_of(const MicroBatch& micro) {
  runtime::NamedTensors tensors = methods::with_prefix("batch.", micro.batch.tensors);
  tensors.merge(methods::with_prefix("offset.", micro.batch.offsets));
  tensors.merge(methods::with_prefix("draw.", micro.draws));
  tensors["sample_ids"] = tensor_of(micro.batch.sample_ids);
  tensors["labels"] = tensor_of(micro.batch.labels);
  tensors["epoch"] = tensor_of({micro.batch.epoch});
  return tensors;
}

MicroBatch micro_batch_of(const runtime::NamedTensors& tensors) {
  MicroBatch micro;
  micro.batch.tensors = methods::without_prefix("batch.", tensors);
  micro.batch.offsets = methods::without_prefix("offset.", tensors);
  micro.draws = methods::without_prefix("draw.", tensors);
  micro.batch.sample_ids = integers(tensors, "sample_ids");
  micro.batch.labels = integers(tensors, "labels");
  const auto epoch = integers(tensors, "epoch");
  if (epoch.size() != 1) {
    throw DataError(
        {.subject = "a micro-batch", .fault = Fault::corrupt, .reason = "has no epoch"});
  }
  micro.batch.epoch = epoch.front();
  return micro;
}

}  // namespace dbot::train
