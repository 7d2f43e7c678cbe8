#include "dbot/methods/masked_clips/batch_clips.h"

#include <fmt/format.h>

#include <string>

#include "dbot/core/error.h"
#include "dbot/nn/backbone.h"

namespace dbot::methods {
namespace {

[[noreturn]] void refuse_clips(const std::string& subject, Fault fault, const std::string& reason) {
  throw UsageError({.operation = "clips",
                    .subject = subject,
                    .fault = fault,
                    .reason = reason,
                    .way_out = "give data that are videos"});
}

}  // namespace

std::int64_t clips_of_each(const data::Batch& batch) {
  const auto found = batch.tensors.find(nn::kClips);
  if (found == batch.tensors.end()) {
    refuse_clips("the part \"clips\"", Fault::missing, "is missing in the batch");
  }
  const std::int64_t clips = found->second.size(0), samples = batch.size();
  if (samples == 0 || clips == 0 || clips % samples != 0) {
    refuse_clips(fmt::format("{} clips of {} videos", clips, samples), Fault::mismatch,
                 "are no whole number of each");
  }
  return clips / samples;
}

ops::Clips seen_clips(const data::Batch& batch, const std::vector<double>& mean,
                      const std::vector<double>& std, data::ChannelScales& scales) {
  const at::Tensor& pixels = batch.tensors.at(nn::kClips);
  if (pixels.scalar_type() != at::kByte) return pixels;
  return scales.clips(pixels, mean, std);
}

}  // namespace dbot::methods
