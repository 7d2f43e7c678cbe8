#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dbot/nn/start.h"
#include "dbot/runtime/device.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::nn {

/// What becomes of a tensor in training. Buffers are written by the forward pass (running means,
/// counters), never by an optimizer: they have no gradient, no decay and do not count as
/// parameters, but are part of checkpoints and exported weights. A whole number up to 2²⁴ is exact.
enum class Role { trained, fixed, buffer };

/// Whether weight decay is for a trained tensor: all but vectors have it, unless a word says so.
enum class Decay { by_rule, always, never };

struct ParameterSpec {
  std::string name;  // official: "blocks.0.attn.qkv.weight"
  std::vector<std::int64_t> shape;
  Start start = {};  // zeros
  Role role = Role::trained;
  Decay decay = Decay::by_rule;

  bool trainable() const { return role == Role::trained; }
  /// The rule: 1-D tensors (biases and gains) have no decay, all others have. Tensors without
  /// decay stand with the vectors. docs/methods/mae.md §5.
  bool decayed() const {
    return decay == Decay::by_rule ? shape.size() != 1 : decay == Decay::always;
  }
};

/// The parameters of one network and their gradients, each in one flat float32 buffer on a device,
/// so that an optimizer, a norm, a copy or a checkpoint is one pass over memory.
///
/// Layout: trained vectors (1-D tensors: biases and gains, and what else is not decayed), then
/// trained matrices (and what else is decayed), then fixed tensors, then buffers; inside each part
/// in model order; each tensor starts at a multiple of 64 bytes and the gaps are zero, so that
/// results do not depend on alignment.
/// Parameters are leaf tensors that are views of the buffer; autograd adds into their views of the
/// gradient buffer.
class ParameterStore {
 public:
  /// Position tables are filled, everything else is zero until `initialise` or `copy_from`.
  explicit ParameterStore(std::vector<ParameterSpec> specs, const runtime::Device& device = {});
  ParameterStore(const ParameterStore&) = delete;
  ParameterStore& operator=(const ParameterStore&) = delete;

  /// A view of the flat buffer. Throws Error for an unknown name.
  const at::Tensor& at(std::string_view name) const;
  bool contains(std::string_view name) const;
  /// In model order.
  const std::vector<ParameterSpec>& specs() const { return specs_; }
  /// Where a parameter stands in the flat buffers, in elements.
  std::int64_t offset(std::string_view name) const;

  const runtime::Device& device() const { return device_; }
  /// Whole buffers, gaps included; gradients cover the trainable parts only.
  const at::Tensor& flat_values() const { return values_; }
  const at::Tensor& flat_gradients() const { return gradients_; }
  /// The buffers' part of `flat_values`, to be kept and put back whole; may be empty.
  at::Tensor flat_buffers() const { return values_.slice(0, buffers_begin_); }
  /// Elements of the flat buffer before the first matrix, and before what is not trained.
  std::int64_t vectors_end() const { return vectors_end_; }
  std::int64_t trainable_end() const { return trainable_end_; }
  /// Elements without gaps and without buffers.
  std::int64_t parameter_count() const;
  std::int64_t trainable_count() const;

  /// Draws all parameters anew. A draw depends on (seed, stage, name) alone, so an encoder starts
  /// alike with any decoder and on any device. Names in `keep` stay as they are. (Networks never
  /// write position tables: one that was copied from a file stays as it is.)
  void initialise(std::uint64_t seed, std::uint32_t stage,
                  const std::vector<std::string>& keep = {});
  void zero_gradients();
  /// No gradients: a frozen network. Gives up the gradient buffer.
  void freeze();

  /// All parameters by name, sharing memory with the store.
  runtime::NamedTensors named() const;
  /// Copies values by name. Throws Error naming the tensor if a shape differs, or if one of ours is
  /// missing from `source` and `partial` is false. Names we do not have are ignored.
  void copy_from(const runtime::NamedTensors& source, bool partial = false);
  /// A moving average of trained tensors in one pass: ours += share · (theirs − ours), by name.
  /// `source` may have more tensors than we have. Fixed tensors and buffers stay: a buffer belongs
  /// to the forward pass that writes it. Throws Error naming a tensor that `source` lacks or has in
  /// another shape. skipped: a number on the device, 1 where all is to stay (ops::StepNumbers);
  /// undefined: nothing is.
  void lerp_from(const ParameterStore& source, double share, const at::Tensor& skipped = {});
  /// Grows with `initialise`, `copy_from` and `lerp_from`: whoever keeps converted copies compares
  /// it.
  std::int64_t revision() const { return revision_; }

 private:
  struct Slot {
    at::Tensor value;
    std::int64_t offset = 0;
  };
  const Slot& slot(std::string_view name) const;
  void assign_offsets();
  /// Tells `write` of each parameter as memory of the host. Of a device that is a copy, which goes
  /// back in one piece.
  void write_on_host(
      const std::function<void(const ParameterSpec& spec, const at::Tensor& value)>& write);
  void make_leaves();

  std::vector<ParameterSpec> specs_;
  runtime::Device device_;
  std::unordered_map<std::string, Slot> slots_;
  at::Tensor values_, gradients_;
  std::int64_t vectors_end_ = 0, trainable_end_ = 0, buffers_begin_ = 0, total_ = 0;
  std::int64_t revision_ = 0;
};

}  // namespace dbot::nn
