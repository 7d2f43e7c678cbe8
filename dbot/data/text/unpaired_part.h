#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "dbot/data/batch_part.h"
#include "dbot/data/text/text_dataset.h"

// Texts that belong to no image, beside the samples of a batch: a second source that goes at the
// pace of the first.
namespace dbot::data {

/// Which text comes beside sample `sample` in epoch `epoch` of `samples`: the texts are gone
/// through in passes, each over all of them in an order of its own, which is a function of (seed,
/// pass) alone.
std::int64_t unpaired_text(std::int64_t texts, std::int64_t samples, const SampleDraws& draws);

/// The parts `inner` of such a text beside each sample of a data set of `samples`: each tensor
/// stands in the batch under its name with the prefix.
BatchPartFactory unpaired_part(std::shared_ptr<const TextDataset> texts, std::int64_t samples,
                               BatchPartFactory inner, std::string prefix);

}  // namespace dbot::data
