#include "dbot/run/start/start_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dbot/report/text/quantity_text.h"

namespace dbot::run {
namespace {

using report::grouped;

std::string count_of(double number) {
  return grouped(static_cast<std::int64_t>(number));
}

std::string sizes() {
  std::string text =
      "| median of the shorter sides | `model.image_size` | `model.patch_size` | why |\n"
      "| ---: | ---: | ---: | --- |\n";
  for (const auto& rule : kSizeRules) {
    text += fmt::format("| from {} px | {} | {} | {} |\n", rule.from_side, rule.image_size,
                        rule.patch_size, rule.why);
  }
  return text;
}

std::string networks() {
  std::string text =
      "| images seen in the time | images of the set | encoder: width x depth x heads | decoder | "
      "`optimizer.base_lr` | why |\n"
      "| ---: | ---: | --- | --- | ---: | --- |\n";
  for (const auto& rule : kNetworkRules) {
    text += fmt::format("| from {} | from {} | {} x {} x {} | {} x {} x {} | {:g} | {} |\n",
                        count_of(rule.from_images_seen), grouped(rule.from_images), rule.width,
                        rule.depth, rule.heads, rule.decoder_width, kDecoderDepth,
                        rule.decoder_heads, rule.base_lr, rule.why);
  }
  return text;
}

std::string batches() {
  std::string text = "| images of the set | `train.batch_size` | why |\n| ---: | ---: | --- |\n";
  for (const auto& rule : kBatchRules) {
    text += fmt::format("| from {} | {} | {} |\n", grouped(rule.from_images), rule.batch_size,
                        rule.why);
  }
  return text;
}

std::string stages() {
  std::string text = "| images seen in the time | stages | why |\n| ---: | --- | --- |\n";
  for (const auto& rule : kStageRules) {
    const auto end = rule.targets.begin() + rule.count;
    text += fmt::format("| from {} | {} | {} |\n", count_of(rule.from_images_seen),
                        fmt::join(rule.targets.begin(), end, ", "), rule.why);
  }
  return text;
}

std::string fixed() {
  std::string text = "| key | value | why |\n| --- | --- | --- |\n";
  for (const auto& rule : kFixedRules) {
    text += fmt::format("| `{}` | {} | {} |\n", rule.key, rule.value, rule.why);
  }
  text += fmt::format(
      "| `schedule.warmup_epochs` | {:.0f} % of a stage | shorter than published: runs are short "
      "|\n",
      100 * kWarmUpShare);
  return text;
}

}  // namespace

std::string document_start_rules() {
  return sizes() +
         fmt::format(
             "\nA size is taken where the smallest network sees {} images in the time, "
             "else the next smaller one.\n\n",
             count_of(kImagesForASize)) +
         networks() + "\n" + batches() +
         fmt::format("\nThe batch is halved, down to {}, while a run has fewer than {} steps.\n\n",
                     kSmallestHalvedBatch, kFewestSteps) +
         stages() + "\n" + fixed() +
         fmt::format(
             "\nEvaluations take at most {:.0f} % of the time, on at most {} labelled images to "
             "learn from and {} to test on; pictures are drawn where they take at most {:.0f} %.\n",
             100 * kEvaluationShare, grouped(kMostTrainLabels), grouped(kMostTestLabels),
             100 * kPictureShare);
}

}  // namespace dbot::run
