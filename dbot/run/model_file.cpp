#include "dbot/run/model_file.h"

#include <algorithm>

#include "dbot/exchange/encoder_file.h"
#include "dbot/methods/method.h"

namespace dbot::run {

ModelFile::ModelFile(std::filesystem::path path, std::vector<double> mean, std::vector<double> std)
    : path_(std::move(path)), mean_(std::move(mean)), std_(std::move(std)) {}

void ModelFile::on_begin(const train::Plan& plan, const train::TrainState& state,
                         methods::Method& method) {
  const auto& ends = plan.stage_begin;
  const bool at_stage_end =
      state.step > 0 && std::find(ends.begin(), ends.end(), state.step) != ends.end();
  if (at_stage_end) write(method);
}

void ModelFile::on_stage_end(std::int64_t /*stage*/, const train::TrainState& /*state*/,
                             methods::Method& method) {
  write(method);
}

void ModelFile::on_end(const train::TrainState& state, methods::Method& method) {
  // The end of the last stage has written it already, unless there was no step at all.
  if (state.step == 0) write(method);
}

void ModelFile::write(const methods::Method& method) const {
  const nn::VisionTransformer& encoder = method.backbone();
  exchange::save_encoder(path_, {encoder.config(), mean_, std_}, encoder.parameters()->named());
}

}  // namespace dbot::run
