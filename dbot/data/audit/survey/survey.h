#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "dbot/core/progress.h"
#include "dbot/core/stop.h"
#include "dbot/data/audit/audited_set.h"
#include "dbot/data/audit/survey/image_facts.h"

namespace dbot::data {

struct SurveyConfig {
  int workers = 1;
  int channels = 3;    // as in a recipe's model.channels
  bool pixels = true;  // false: headers only
};

/// Looks at the `wanted` images of a set, in parallel, each once. `told` gets the newly finished
/// ones several times a second, on the caller's thread; they are in `facts` then, which has room
/// for all images of the set. Returns early on request. Besides the facts it needs the memory of
/// one image a worker, and not much more than 2 GiB for unusually large ones.
void survey(const AuditedSet& set, const SurveyConfig& config, std::span<const std::int64_t> wanted,
            std::vector<ImageFacts>& facts,
            const std::function<void(std::span<const std::int64_t>)>& told,
            const core::StopRequest& stop);

/// The facts of all images of a set, as many as were found before `stop`. `tell` may be empty.
std::vector<ImageFacts> survey_all(const AuditedSet& set, const SurveyConfig& config,
                                   const core::TellProgress& tell, const core::StopRequest& stop);

}  // namespace dbot::data
