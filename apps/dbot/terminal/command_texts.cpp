#include "apps/dbot/terminal/command_texts.h"

namespace dbot::app {

report::CommandTexts command_texts() {
  return {.set = "--set ",
          .fp32 = "--precision fp32",
          .epochs = "--epochs",
          .goes_on = "--resume goes on",
          .resume = "dbot resume {run}",
          .evaluate = "dbot evaluate knn --model {run} --data LABELLED",
          .embed = "dbot embed --model {run} --data {data} --out features.safetensors",
          .train_longer = "dbot pretrain {recipe} --data {data} --out {out} --epochs {epochs}",
          .compare = "dbot report {run} OTHER_RUN --out comparison.html",
          .leave_out = "dbot pretrain dbot/vit-b16 --data {data} --set data.leave_out={list}",
          .leave_out_copies = "dbot data check {data} --out {out} --quarantine duplicates",
          .split = "dbot data split {data} OUT --test 0.1 --groups near-duplicates",
          .statistics = "dbot data stats {data}"};
}

}  // namespace dbot::app
