#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/methods/exhibits.h"

namespace dbot::methods {

/// The texts of a batch as people read them.
class ShownTexts {
 public:
  /// words: by the ids of tokens. ids, padding: [batch, tokens]. names: of the samples.
  ShownTexts(const std::vector<std::string>& words, const at::Tensor& ids,
             const at::Tensor& padding, const std::vector<std::string>& names);

  std::int64_t size() const { return ids_.size(0); }
  /// False for a missing caption.
  bool has_words(std::int64_t sample) const;
  /// "a dog runs".
  std::string sentence(std::int64_t sample) const;
  std::string name(std::int64_t sample) const;

  /// Each text that has words, with those hidden that mask, float32 [batch, tokens], marks by 1,
  /// and the likeliest ones by logits, [batch, tokens, vocabulary], in their places.
  std::vector<Exhibit> exhibits(const at::Tensor& mask, const at::Tensor& logits) const;

 private:
  const std::vector<std::string>& words_;
  at::Tensor ids_, padding_;  // on the host
  const std::vector<std::string>& names_;
};

}  // namespace dbot::methods
