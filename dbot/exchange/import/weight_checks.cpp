#include "dbot/exchange/import/weight_checks.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/runtime/finite.h"

namespace dbot::exchange {
namespace {

/// The name in the file of an official tensor; of a fused one the part that is not finite, and of
/// one that was made of several the first of the file that is not.
std::string name_in_file(const WeightsSource& source, const ImportReport& report,
                         const std::string& official) {
  for (const bool any : {false, true}) {
    for (const auto& [full, ours] : report.mapped) {
      if (!any && ours != official) continue;
      const at::Tensor stored = source.read({full}).at(full);
      if (!runtime::all_finite(stored.to(at::kFloat))) return full;
    }
  }
  return official;
}

}  // namespace

void require_finite(const runtime::NamedTensors& parameters, const WeightsSource& source,
                    const ImportReport& report) {
  for (const auto& [name, tensor] : parameters) {
    if (runtime::all_finite(tensor)) continue;
    throw DataError(
        {.operation = "load encoder",
         .subject = source.path().string(),
         .fault = Fault::corrupt,
         .reason = fmt::format(": {} holds values that are not finite (NaN or infinity)",
                               name_in_file(source, report, name)),
         .way_out = "take weights from before the training diverged"});
  }
}

void require_nothing_left(const runtime::NamedTensors& tensors, const WeightsSource& source,
                          const ImportReport& report) {
  if (tensors.empty()) return;
  std::string name = tensors.begin()->first;
  for (const auto& [full, official] : report.mapped) {
    if (official == tensors.begin()->first) name = full;
  }
  throw DataError(
      {.operation = "load encoder",
       .subject = source.path().string(),
       .fault = Fault::unsupported,
       .reason = fmt::format(": {} has no place in the network that the other tensors make; dbot "
                             "does not build such a network",
                             name)});
}

ValueProblems look_at_values(const WeightsSource& source) {
  // Tensors may share bytes; a hostile file could name one storage a million times.
  constexpr std::uint64_t kMostCopies = 16;
  std::uint64_t held = 0, read = 0;
  for (const formats::WeightsFile& file : source.files()) held += file.size();
  ValueProblems problems;
  for (const std::string& name : source.names()) {
    if (read > kMostCopies * held) break;
    try {
      const at::Tensor tensor = source.read({name}).at(name);
      read += tensor.nbytes();
      if (!runtime::all_finite(tensor)) problems.not_finite.push_back(name);
    } catch (const DataError& error) {
      problems.damaged.push_back({name, error.fields().reason});
    }
  }
  return problems;
}

}  // namespace dbot::exchange
