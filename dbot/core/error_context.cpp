#include "dbot/core/error_context.h"

#include <utility>

namespace dbot {

DataError data_error_about(std::string operation, std::string subject, const Error& inner) {
  ErrorFields said = inner.fields();
  const Fault fault = said.fault;
  std::string way_out = std::exchange(said.way_out, {});
  std::string reason = to_text(said);
  if (reason.empty()) reason = inner.what();
  return DataError({.operation = std::move(operation),
                    .subject = std::move(subject),
                    .fault = fault,
                    .reason = ": " + reason,
                    .way_out = std::move(way_out)});
}

}  // namespace dbot
