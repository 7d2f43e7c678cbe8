#include "dbot/run/stored/network_to_export.h"

#include <fmt/format.h>

#include <string_view>

#include "dbot/exchange/import/encoder_file.h"
#include "dbot/objectives/target.h"
#include "dbot/run/stored/stored_method.h"

namespace dbot::run {
namespace {

constexpr std::string_view kStudent = "student.";

NetworkToExport encoder(const std::filesystem::path& model) {
  const std::filesystem::path file = exchange::resolve_model_path(model);
  exchange::LoadedEncoder loaded = exchange::load_encoder(file);
  return {{std::move(loaded.description), std::move(loaded.parameters), {}}, file.string()};
}

NetworkToExport student(const std::filesystem::path& model, const core::Log& log) {
  const StoredMethod stored = load_stored_method(model, log);
  const Recipe& recipe = stored.recipe;
  NetworkToExport network;
  network.source = fmt::format("{}, step {}", model.string(), stored.state.step);
  network.weights.description = {stored.method->backbone().config(), recipe.data.mean,
                                 recipe.data.std};
  for (const auto& [name, tensor] : stored.method->state()) {
    if (name.starts_with(kStudent)) {
      network.weights.parameters.emplace(name.substr(kStudent.size()), tensor);
    }
  }
  const bool pixels = recipe.objective.target == objectives::TargetKind::pixels;
  const bool symmetric = recipe.student == methods::StudentKind::symmetric;
  const char* const predictor = symmetric ? "lm_head" : pixels ? "decoder_pred" : "decoder_predp";
  network.weights.decoder = exchange::DecoderDescription{
      recipe.decoder, predictor, recipe.mask.ratio,
      pixels && recipe.objective.normalisation == objectives::Normalisation::patch};
  return network;
}

}  // namespace

NetworkToExport load_network_to_export(const std::filesystem::path& model, bool decoder,
                                       const core::Log& log) {
  return decoder ? student(model, log) : encoder(model);
}

}  // namespace dbot::run
