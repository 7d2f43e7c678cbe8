#include "apps/dbot/terminal/ways_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace dbot::app {
namespace {

struct WayOut {
  std::string_view operation;
  std::string_view subject;  // of the error; empty: any
  Fault fault;
  std::string_view option;  // the command must have it; empty: every command
  std::string_view text;    // {} is the library's way out
};

constexpr std::array kWaysOut{
    WayOut{"data", "evaluate.labels", Fault::missing, "--labels", "check --labels"},
    WayOut{"data", "", Fault::missing, "--data", "check --data"},
    WayOut{"data split", "", Fault::unlabelled, "--by-class",
           "expected one folder a class, or no --by-class"},
    WayOut{"run", "the run folder", Fault::unreadable, "--out", "choose another --out"},
    WayOut{"run", "", Fault::occupied, "--resume",
           "go on with it by --resume, or choose another --out"},
    WayOut{"resume", "", Fault::corrupt, "--resume",
           "restore one from a backup, or start anew in another --out"},
    WayOut{"resume", "the data", Fault::mismatch, "--resume",
           "restore them, or begin a new run with another --out"},
    WayOut{"resume", "this run", Fault::unsupported, "--precision",
           "go on with it on a machine that does, or begin a new run with --precision fp32"},
    WayOut{"checkpoint", "", Fault::unreadable, "--resume",
           "make room or mend what is named, then give the same command with --resume: it makes "
           "them again with the same result"},
    WayOut{"model", "", Fault::unreadable, "--resume",
           "make room, then the same command with --resume writes the weights"},
    WayOut{"model", "", Fault::empty, "", "go on with the run by `dbot pretrain … --resume`"},
    WayOut{"heads", "", Fault::missing, "--heads", "name it by --heads"},
    WayOut{"heads", "", Fault::missing, "",
           "name it by `dbot import FILE --heads N --out NEW.safetensors` and use that file, or by "
           "model.heads or teacher.heads of a recipe"},
    WayOut{"image size", "", Fault::missing, "--image-size", "name it by --image-size"},
    WayOut{"export", "the model", Fault::mismatch, "--format",
           "choose --format huggingface, or a square --image-size"},
    WayOut{"export", "mae", Fault::mismatch, "--with-decoder",
           "--format dbot has, or leave out --with-decoder"},
    WayOut{"export", "dbot", Fault::mismatch, "--with-decoder",
           "--format mae has, or leave out --with-decoder"},
    WayOut{"export", "", Fault::unsupported, "--with-decoder", "leave out --with-decoder"},
    WayOut{"onnx", "the model", Fault::missing, "--pixels",
           "expected images that are normalised already (--pixels normalised)"},
    WayOut{"recipe", "the length", Fault::missing, "--steps",
           "set schedule.epochs or schedule.images_seen, or pass --epochs or --steps"},
    WayOut{"recipe", "the length", Fault::mismatch, "--steps",
           "give --steps or --epochs (schedule.total_steps or schedule.total_epochs)"},
    WayOut{"recipe", "train.batch_size", Fault::too_large, "--set",
           "{} (by --set train.batch_size=N)"},
    WayOut{"schedule", "schedule.warmup_epochs", Fault::too_large, "--steps",
           "lower it (a twentieth of the stage is usual), or train for longer. To shorten a run "
           "with its warm-up in proportion use --epochs or --steps"},
};

const CLI::App& called_command(const CLI::App& parser) {
  const CLI::App* command = &parser;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return *command;
}

bool has_option(const CLI::App& command, std::string_view option) {
  return option.empty() || command.get_option_no_throw(std::string(option)) != nullptr;
}

}  // namespace

std::string message_of(const Error& error, const CLI::App& parser) {
  const CLI::App& command = called_command(parser);
  const ErrorFields& fields = error.fields();
  const auto* found = std::find_if(kWaysOut.begin(), kWaysOut.end(), [&](const WayOut& way) {
    return way.operation == fields.operation && way.fault == fields.fault &&
           (way.subject.empty() || way.subject == fields.subject) &&
           has_option(command, way.option);
  });
  if (found == kWaysOut.end()) return error.what();
  ErrorFields told = fields;
  told.way_out = fmt::format(fmt::runtime(found->text), fields.way_out);
  return to_text(told);
}

}  // namespace dbot::app
