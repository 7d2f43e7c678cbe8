#include "dbot/exchange/json_file.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/core/files/files.h"
#include "dbot/core/json.h"

namespace dbot::exchange {

nlohmann::json read_json_file(const std::filesystem::path& path) {
  constexpr std::uintmax_t kLargest = 64 << 20;
  const auto fail = [&path](Fault fault, const std::string& what) {
    return DataError(
        {.operation = "weights", .subject = path.string(), .fault = fault, .reason = ": " + what});
  };
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) throw fail(Fault::unreadable, "cannot inspect it: " + error.message());
  if (size > kLargest) {
    throw fail(Fault::too_large, fmt::format("it has {} bytes, expected at most 64 MiB", size));
  }
  nlohmann::json json;
  try {
    json = core::parse_json(core::read_text_file(path));
  } catch (const nlohmann::json::exception&) {
    throw fail(Fault::corrupt, "it is not JSON");
  } catch (const DataError& nesting) {
    throw data_error_about("weights", path.string(), nesting);
  }
  if (!json.is_object()) throw fail(Fault::corrupt, "it is no JSON object");
  return json;
}

}  // namespace dbot::exchange
