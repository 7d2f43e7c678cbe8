#include "dbot/train/capture/capture_record.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/json.h"

namespace dbot::train {
namespace {

using nlohmann::ordered_json;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ordered_json json_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

double read_number(const ordered_json& value) {
  if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return kInfinity;
  if (value == "-inf") return -kInfinity;
  return value.get<double>();
}

}  // namespace

std::string record_to_json(const CaptureRecord& record) {
  ordered_json losses = ordered_json::array();
  for (const double loss : record.losses) losses.push_back(json_number(loss));
  const ordered_json document = {{"version", 1},
                                 {"step", record.step},
                                 {"stage", record.stage + 1},
                                 {"losses", losses},
                                 {"loss", json_number(record.loss)},
                                 {"gradient_norm", json_number(record.gradient_norm)},
                                 {"learning_rate", json_number(record.learning_rate)},
                                 {"gradients_xxh3_128", record.gradients},
                                 {"samples", record.samples}};
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

CaptureRecord parse_record(const std::string& text) {
  try {
    const auto document = ordered_json::parse(text);
    CaptureRecord record;
    record.step = core::whole_number(document.at("step"));
    record.stage = core::whole_number(document.at("stage")) - 1;
    for (const auto& loss : document.at("losses")) record.losses.push_back(read_number(loss));
    record.loss = read_number(document.at("loss"));
    record.gradient_norm = read_number(document.at("gradient_norm"));
    record.learning_rate = read_number(document.at("learning_rate"));
    record.gradients = document.at("gradients_xxh3_128").get<std::string>();
    record.samples = document.at("samples").get<std::vector<std::vector<std::string>>>();
    return record;
  } catch (const std::exception& problem) {
    throw DataError({.subject = "capture.json",
                     .fault = Fault::corrupt,
                     .reason = std::string("cannot be read: ") + problem.what()});
  }
}

}  // namespace dbot::train
