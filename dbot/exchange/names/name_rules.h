#pragma once

#include <string>
#include <vector>

#include "dbot/exchange/names/tensor_names.h"

namespace dbot::exchange {

/// A pair of names; # stands for the number of a block, * at the end for weight or bias.
struct NameRule {
  std::string official, foreign;
  TensorForm form = TensorForm::same;
};

/// transformers' DINOv3 and SigLIP, as they are saved.
const std::vector<NameRule>& teacher_rules(NameStyle style);

/// Further names that are read under a style and never written; may be empty.
const std::vector<NameRule>& further_rules(NameStyle style);

}  // namespace dbot::exchange
