#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbot/nn/vit/config.h"
#include "dbot/runtime/named_tensors.h"

// Which rotary positions a network has. Few tensors show them: the rest is in the files beside the
// weights, or follows from the family. docs/methods/teachers.md §2.
namespace dbot::exchange {

/// What the files beside weights say.
struct RotaryFacts {
  enum class Family { none, dinov3, eva02, other };  // other: rotary in a way that dbot lacks
  Family family = Family::none;
  bool described = false;                    // they name a family of networks at all
  std::optional<double> base = {};           // rope_theta
  std::optional<core::Size> reference = {};  // ref_feat_shape of timm, in patches
};

struct RotaryKind {
  nn::Rotary rotary = {};
  at::Tensor periods = {};  // where the file has them; else they follow from `base`
  double base = 0;
};

/// Empty: the network has none, as far as can be seen. Takes the tensors that show them out of
/// `tensors` (blocks already in dbot's form). What was assumed goes to `assumed`. Throws DataError,
/// beginning with `source`, for rotary positions of another form.
std::optional<RotaryKind> find_rotary(runtime::NamedTensors& tensors, const RotaryFacts& facts,
                                      const std::string& source, std::vector<std::string>& assumed);

/// [head width / 4]. Throws DataError unless they fit the heads.
at::Tensor periods_of(const RotaryKind& kind, std::int64_t head_width, const std::string& source);

/// Throws DataError: the files beside `source` tell of rotary positions that dbot does not have.
[[noreturn]] void refuse_rotary_positions(const std::string& source);

}  // namespace dbot::exchange
