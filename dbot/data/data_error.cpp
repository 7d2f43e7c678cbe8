#include "dbot/data/data_error.h"

namespace dbot::data {

DataError data_error(std::string_view subject, Fault fault, std::string_view reason) {
  return DataError({.operation = "data",
                    .subject = std::string(subject),
                    .fault = fault,
                    .reason = ": " + std::string(reason)});
}

DataError unread_error(std::string_view subject, std::string_view what) {
  return DataError({.operation = "data",
                    .subject = std::string(subject),
                    .fault = Fault::unsupported,
                    .reason = ": is " + std::string(what) + ", which is not read",
                    .way_out = "it may well be sound: convert it to JPEG, PNG or TIFF"});
}

std::string reason_of(const Error& error, std::string_view sample) {
  const auto& fields = error.fields();
  if (fields.operation.empty()) return error.what();
  std::string reason = fields.reason;
  if (reason.starts_with(": ")) reason.erase(0, 2);
  if (fields.subject.empty() || fields.subject == sample) return reason;
  return fields.subject + fields.reason;
}

std::string broken_sample(const Error& error, std::string_view sample) {
  return std::string(sample) + ": " + reason_of(error, sample);
}

}  // namespace dbot::data
