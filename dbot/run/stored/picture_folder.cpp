#include "dbot/run/stored/picture_folder.h"

#include <system_error>

#include "dbot/core/error.h"
#include "dbot/data/sources/folder/own_output.h"

namespace dbot::run {

namespace fs = std::filesystem;

void check_picture_folder(const fs::path& out) {
  std::error_code error;
  if (!fs::exists(out, error)) return;
  if (!fs::is_directory(out, error)) {
    throw UsageError({.operation = "reconstruct",
                      .subject = out.string(),
                      .fault = Fault::unsupported,
                      .reason = "is a file, expected a folder"});
  }
  if (!fs::is_empty(out, error) && !fs::exists(out / "pictures.json", error)) {
    throw UsageError({.operation = "reconstruct",
                      .subject = out.string(),
                      .fault = Fault::occupied,
                      .reason = "holds other files, expected a new or empty folder, or one with "
                                "earlier pictures"});
  }
}

void prepare_picture_folder(const fs::path& out) {
  std::error_code error;
  fs::create_directories(out, error);
  if (!error) data::write_output_note(out, "reconstruct");
  if (!error) fs::remove(out / "pictures.json", error);
  if (error) {
    throw Error({.operation = "reconstruct",
                 .subject = out.string(),
                 .fault = Fault::unreadable,
                 .reason = ": " + error.message()});
  }
}

runtime::Precision asked_precision(runtime::PrecisionRequest asked, const Recipe& recipe,
                                   const core::Log& log) {
  const bool as_the_run = asked == runtime::PrecisionRequest::automatic;
  return runtime::resolve_precision(as_the_run ? recipe.train.precision : asked, log);
}

}  // namespace dbot::run
