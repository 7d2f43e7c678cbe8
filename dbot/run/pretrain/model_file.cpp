#include "dbot/run/pretrain/model_file.h"

#include <fmt/format.h>

#include <optional>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/methods/method.h"

namespace dbot::run {
namespace {

void write_weights(const std::filesystem::path& path, const methods::Method& method) {
  const methods::BackboneFile file = method.backbone_file();
  exchange::save_backbone(path, file.description, file.tensors);
}

}  // namespace

ModelFile::ModelFile(std::filesystem::path path, core::Log log, core::Patience patience)
    : path_(std::move(path)), log_(std::move(log)), patience_(patience) {}

void ModelFile::on_begin(const train::Plan& plan, const train::TrainState& state,
                         methods::Method& method) {
  last_stage_ = plan.stages() - 1;
  // A run that was stopped inside the first step of a stage stands at the end of the one before.
  const std::int64_t end = plan.stage_begin.at(static_cast<std::size_t>(state.stage) + 1);
  const bool at_stage_end = state.step > 0 && state.step == end;
  if (at_stage_end) on_stage_end(state.stage, state, method);
}

void ModelFile::on_stage_end(std::int64_t stage, const train::TrainState& /*state*/,
                             methods::Method& method) {
  if (stage >= last_stage_) return write_or_fail(method);
  is_written_ = false;
  write_or_warn(path_.parent_path() / fmt::format("stage-{}.safetensors", stage + 1), method);
  write_or_warn(path_, method);
}

void ModelFile::on_end(const train::TrainState& state, methods::Method& method) {
  // The end of the last stage has written it already, unless there was no step at all or the run
  // ends with a stage behind which others were planned.
  if (state.step == 0 || !is_written_) write_or_fail(method);
}

void ModelFile::write_or_warn(const std::filesystem::path& path, const methods::Method& method) {
  try {
    write_weights(path, method);
    is_written_ = is_written_ || path == path_;
  } catch (const Error& problem) {
    log_(core::LogLevel::warning,
         fmt::format("the weights of this stage have no file of their own: {}; training goes on",
                     problem.what()));
  }
}

void ModelFile::write_or_fail(const methods::Method& method) {
  std::optional<Error> problem;
  const bool written = patience_.until([&] {
    try {
      write_weights(path_, method);
      return true;
    } catch (const Error& error) {
      if (!problem) {
        log_(core::LogLevel::warning,
             fmt::format("{}; it is tried for {:.0f} seconds", error.what(), patience_.seconds()));
      }
      problem = error;
      return false;
    }
  });
  is_written_ = written;
  if (written) return;
  throw Error(
      {.operation = "model",
       .subject = "the file of the weights",
       .fault = Fault::unreadable,
       .reason = fmt::format("is not written: {}; the last checkpoint is whole", problem->what()),
       .way_out = "make room, then go on with the run: it writes the weights"});
}

}  // namespace dbot::run
