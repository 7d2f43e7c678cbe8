#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/runtime/device.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::nn {

/// How a parameter starts. Source: MAE (arXiv 2111.06377) reference initialisation,
/// docs/methods/mae.md §1.
enum class Initialisation {
  zeros,
  ones,
  constant,               // `scale` everywhere: LayerScale's gains
  normal_002,             // normal, deviation 0.02, times `scale`: cls and mask token
  truncated_normal_002,   // the same cut at ±0.02, times `scale`: the symmetric student,
                          // docs/methods/dbot.md §8
  xavier_uniform,         // over [rows, everything else]: linear and patch-embedding weights
  convolution_bias,       // U(±1/sqrt(fan_in)), fan_in from `fan_in`: the patch embedding's bias
  sincos_position_table,  // the 2-D sin-cos table of `grid` (nn/position_table.h), never trained
};

struct ParameterSpec {
  std::string name;  // official: "blocks.0.attn.qkv.weight"
  std::vector<std::int64_t> shape;
  Initialisation initialisation = Initialisation::zeros;
  bool trainable = true;
  double scale = 1;         // for constant, normal_002 and truncated_normal_002
  bool decayed = true;      // false: stands with the vectors, which have no weight decay
  std::int64_t fan_in = 0;  // for convolution_bias
  core::Size grid;          // for sincos_position_table
};

/// The parameters of one network and their gradients, each in one flat float32 buffer on a device,
/// so that an optimizer, a norm, a copy or a checkpoint is one pass over memory.
///
/// Layout: trainable vectors (1-D tensors: biases and gains, and what else is not decayed), then
/// trainable matrices, then fixed tensors; inside each part in model order; each parameter starts
/// at a multiple of 64 bytes and the gaps are zero, so that results do not depend on alignment.
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
  /// Elements of the flat buffer before the first matrix, and before the first fixed tensor.
  std::int64_t vectors_end() const { return vectors_end_; }
  std::int64_t trainable_end() const { return trainable_end_; }
  /// Elements without gaps.
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
  /// Grows with every `initialise` and `copy_from`: whoever keeps converted copies compares it.
  std::int64_t revision() const { return revision_; }

 private:
  struct Slot {
    at::Tensor value;
    std::int64_t offset = 0;
  };
  const Slot& slot(std::string_view name) const;
  void assign_offsets();
  void draw(const ParameterSpec& spec, std::uint64_t seed, std::uint32_t stage);
  void make_leaves();

  std::vector<ParameterSpec> specs_;
  runtime::Device device_;
  std::unordered_map<std::string, Slot> slots_;
  at::Tensor values_, gradients_;
  std::int64_t vectors_end_ = 0, trainable_end_ = 0, total_ = 0;
  std::int64_t revision_ = 0;
};

}  // namespace dbot::nn
