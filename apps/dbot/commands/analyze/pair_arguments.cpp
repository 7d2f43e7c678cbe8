#include "apps/dbot/commands/analyze/pair_arguments.h"

#include <fmt/format.h>

#include <utility>

#include "apps/dbot/commands.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/sources/split.h"
#include "dbot/data/subset.h"

namespace dbot::app {

void add_pairs(CLI::App& command, PairArguments& arguments, const char* images_text) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* text) {
    return command.add_option(name, value, text)->type_name(type);
  };
  add("--data", arguments.data, "PATH", "Images, in two parts or in one that is divided")
      ->required()
      ->check(not_empty());
  add("--lam", arguments.lams, "LIST", "Weights of the subordinate image (0.1,0.2,0.3,0.4,0.5)")
      ->delimiter(',')
      ->allow_extra_args(false);
  add("--images", arguments.images, "N", images_text);
  add("--intra-rate", arguments.intra_rate, "FRACTION", "Share of partners of the same class (0)");
  add("--batch", arguments.batch, "N", "Images of a pass (64)");
  add("--seed", arguments.seed, "N", "Of the choice of images, of pairs and of masks (0)");
  add("--leave-out", arguments.leave_out, "FILE",
      "Images to leave out: quarantine.txt of data check")
      ->check(not_empty());
  add_json(command, arguments.json);
}

void check_pairs(const PairArguments& arguments, const char* operation) {
  if (arguments.seed < 0) {
    throw UsageError(
        fmt::format("[{}] --seed is {}, expected 0 or more", operation, arguments.seed));
  }
  if (arguments.batch < 1 || arguments.batch > 65536) {
    throw UsageError(
        fmt::format("[{}] --batch is {}, expected 1 to 65536", operation, arguments.batch));
  }
}

PairParts open_parts(const PairArguments& arguments) {
  const core::Log log = console_log();
  const data::OpenContext context{
      .log = log, .stop = &stop_request(), .choice = {.leave_out = arguments.leave_out}};
  const auto opened = data::open(arguments.data, data::Wanted::train_and_held_out, context);
  if (opened.train && opened.held_out()) {
    return {opened.train, opened.held_out(),
            fmt::format("{} and {}", opened.shown_train(), opened.shown_held_out())};
  }
  const auto& all = opened.train ? opened.train : opened.held_out();
  auto split = data::stratified_split(*all, static_cast<std::uint64_t>(arguments.seed),
                                      [&](std::int64_t index) { return all->key(index); });
  if (split.test.empty()) {
    throw DataError({.operation = "data",
                     .subject = arguments.data,
                     .fault = Fault::empty,
                     .reason = "has too few images, expected at least two: one to fit and one to "
                               "report on"});
  }
  return {data::subset(all, std::move(split.train)), data::subset(all, std::move(split.test)),
          fmt::format("automatic split 80/20, seed {}", arguments.seed)};
}

}  // namespace dbot::app
