#pragma once

#include <cstdint>

#include "dbot/eval/classifier/classifier_figures.h"
#include "dbot/methods/exhibits.h"

namespace dbot::eval {

/// A confusion matrix to look at: rows are true classes, columns what was said, each cell its share
/// of the row's samples in 0…1; a class without samples has none. Of more than `most` classes those
/// are shown that were confused most often, as a true class or as one said, in the order of the
/// classes; the explanation says so. The caption names the most frequent mistakes.
methods::ExhibitGroup confusion_exhibit(const ConfusionMatrix& confusion, std::int64_t most = 40);

}  // namespace dbot::eval
