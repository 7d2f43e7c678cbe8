#include "dbot/methods/policy_multilabel/policy_multilabel.h"
#include "dbot/methods/policy_multilabel/policy_multilabel_entry.h"

namespace dbot::methods {

std::unique_ptr<Method> make(const PolicyMultilabelConfig& config, const MakeContext& context) {
  return std::make_unique<PolicyMultilabel>(placed(config, context));
}

std::unique_ptr<Method> make_stored(const PolicyMultilabelConfig& config,
                                    const MakeContext& context) {
  return std::make_unique<PolicyMultilabel>(placed(config, context));
}

}  // namespace dbot::methods
