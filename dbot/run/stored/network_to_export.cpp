#include "dbot/run/stored/network_to_export.h"

#include <fmt/format.h>

#include "dbot/exchange/import/encoder_file.h"
#include "dbot/exchange/import/weights_origin.h"
#include "dbot/exchange/video/flattened_encoder.h"
#include "dbot/run/stored/stored_method.h"

namespace dbot::run {
namespace {

NetworkToExport encoder(const std::filesystem::path& model, const core::Log& log) {
  const std::filesystem::path file = exchange::resolve_model_path(model);
  if (exchange::holds_clips(file)) {
    log(core::LogLevel::information,
        fmt::format("{} is a network of clips: it is written as one of images, its kernel added up "
                    "over the frames of a tubelet",
                    file.string()));
    return {exchange::network_of(exchange::flattened_encoder(exchange::load_clips(file))),
            file.string()};
  }
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
  return decoder ? student(model, log) : encoder(model, log);
}

}  // namespace dbot::run
