#include "dbot/run/stored/network_to_export.h"

#include <fmt/format.h>

#include "dbot/exchange/import/encoder_file.h"
#include "dbot/exchange/import/weights_origin.h"
#include "dbot/run/stored/stored_method.h"

namespace dbot::run {
namespace {

NetworkToExport encoder(const std::filesystem::path& model) {
  const std::filesystem::path file = exchange::resolve_model_path(model);
  exchange::LoadedEncoder loaded = exchange::load_encoder(file);
  if (!loaded.own) loaded.description.origins = exchange::read_origins(file);
  return {exchange::network_of(std::move(loaded)), file.string()};
}

NetworkToExport student(const std::filesystem::path& model, const core::Log& log) {
  const StoredMethod stored = load_stored_method(model, log);
  return {stored.method->whole_network(),
          fmt::format("{}, step {}", model.string(), stored.state.step)};
}

}  // namespace

NetworkToExport load_network_to_export(const std::filesystem::path& model, bool decoder,
                                       const core::Log& log) {
  return decoder ? student(model, log) : encoder(model);
}

}  // namespace dbot::run
