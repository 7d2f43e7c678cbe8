#pragma once

#include <string>

namespace dbot::report {

/// How the program around this library spells what its reports advise: the library knows recipe
/// keys, and no program's options. The program hands its words in; without them reports name keys
/// alone and show no commands.
///
/// Words in braces are filled in, quoted for a shell: {run}, {recipe} and {data} are paths,
/// {out} is a folder to be made, {list} a list of images, {epochs} a number.
struct CommandTexts {
  std::string set = {};  // stands before key=value, with a blank at its end
  std::string fp32 = "train.precision = \"fp32\"";
  std::string epochs = "schedule.epochs";     // what sets the length of a run
  std::string goes_on = "the run can go on";  // said of a run that was stopped

  // Commands; an empty one is not shown.
  std::string resume = {};            // {run} {recipe} {data}
  std::string evaluate = {};          // {run}
  std::string embed = {};             // {run} {data}
  std::string train_longer = {};      // {recipe} {data} {out} {epochs}
  std::string compare = {};           // {run}
  std::string leave_out = {};         // {data} {list}
  std::string leave_out_copies = {};  // {data} {out}
  std::string split = {};             // {data}
  std::string statistics = {};        // {data}
};

}  // namespace dbot::report
