#include "dbot/train/ranks/step_report.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "dbot/runtime/process_group/texts.h"

namespace dbot::train {
namespace {

using nlohmann::json;

/// Binary, so that numbers keep their bits, not-a-numbers too, and names any bytes.
std::string to_bytes(const StepReport& report) {
  json scalars = json::array(), reasons = json::array();
  for (const ScalarSum& sum : report.scalars) scalars.push_back({sum.name, sum.sum, sum.count});
  for (const auto& [index, reason] : report.findings.reasons) reasons.push_back({index, reason});
  std::string bytes;
  json::to_msgpack({{"losses", report.losses},
                    {"scalars", scalars},
                    {"reasons", reasons},
                    {"opened", report.findings.opened},
                    {"broken", report.findings.broken},
                    {"samples", report.samples}},
                   bytes);
  return bytes;
}

StepReport of_bytes(const std::string& bytes) {
  const json document = json::from_msgpack(bytes);
  StepReport report;
  report.losses = document.at("losses").get<std::vector<double>>();
  for (const json& sum : document.at("scalars")) {
    report.scalars.push_back(
        {sum.at(0).get<std::string>(), sum.at(1).get<double>(), sum.at(2).get<std::int64_t>()});
  }
  for (const json& entry : document.at("reasons")) {
    report.findings.reasons.emplace(entry.at(0).get<std::int64_t>(),
                                    entry.at(1).get<std::string>());
  }
  report.findings.opened = document.at("opened").get<std::int64_t>();
  report.findings.broken = document.at("broken").get<std::int64_t>();
  report.samples = document.at("samples").get<std::int64_t>();
  return report;
}

}  // namespace

StepReport gather_report(runtime::Group& group, StepReport own, data::Loader& loader) {
  if (group.ranks() == 1) return own;
  const std::vector<std::string> texts = runtime::gather_texts(group, to_bytes(own));
  for (std::size_t rank = 1; rank < texts.size(); ++rank) {
    const StepReport other = of_bytes(texts[rank]);
    own.losses.insert(own.losses.end(), other.losses.begin(), other.losses.end());
    own.scalars = merged(std::move(own.scalars), other.scalars);
    own.samples += other.samples;
    loader.add_findings(other.findings, other.samples);
  }
  return own;
}

std::vector<BatchMark> gather_marks(runtime::Group& group, std::vector<BatchMark> own) {
  if (group.ranks() == 1) return own;
  json document = json::array();
  for (const BatchMark& mark : own) document.push_back({mark.samples, mark.checksum, mark.bytes});
  std::string bytes;
  json::to_msgpack(document, bytes);
  std::vector<BatchMark> all;
  for (const std::string& text : runtime::gather_texts(group, bytes)) {
    for (const json& mark : json::from_msgpack(text)) {
      all.push_back({mark.at(0).get<std::vector<std::int64_t>>(), mark.at(1).get<std::string>(),
                     mark.at(2).get<std::int64_t>()});
    }
  }
  return all;
}

}  // namespace dbot::train
