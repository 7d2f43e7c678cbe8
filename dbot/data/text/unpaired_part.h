#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "dbot/data/batch_part.h"
#include "dbot/data/dataset.h"

// Samples of a second data set beside those of a batch, at the pace of the first: texts that belong
// to no image, samples that are held out.
namespace dbot::data {

/// Which of `others` comes beside sample `sample` in epoch `epoch` of `samples`: the others are
/// gone through in passes, each over all of them in an order of its own, which is a function of
/// (seed, pass) alone.
std::int64_t unpaired_sample(std::int64_t others, std::int64_t samples, const SampleDraws& draws);

/// The parts `inner` of such a sample beside each one of a data set of `samples`: tensors and
/// offsets stand in the batch under their names with the prefix.
BatchPartFactory unpaired_part(std::shared_ptr<const Dataset> others, std::int64_t samples,
                               BatchPartFactory inner, std::string prefix);

}  // namespace dbot::data
