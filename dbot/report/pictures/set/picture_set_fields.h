#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

// Values of the JSON files of a set of pictures. A run folder may come from anywhere, so nothing in
// it is trusted: each function throws DataError for what is missing, of another type or beyond its
// bounds. Private to the report: it shows nlohmann's types.
namespace dbot::report::fields {

[[noreturn]] void refuse(const std::string& what);

const nlohmann::json& member(const nlohmann::json& object, const char* key);
/// Any bytes, up to 16 KiB of them.
std::string text(const nlohmann::json& object, const char* key);
std::int64_t integer(const nlohmann::json& value, const char* key, std::int64_t low,
                     std::int64_t high);
std::int64_t integer_of(const nlohmann::json& object, const char* key, std::int64_t low,
                        std::int64_t high);
/// NaN for null and where there is none.
double figure(const nlohmann::json& object, const char* key);
double bounded(const nlohmann::json& value, const char* key, double low, double high);
const nlohmann::json& list(const nlohmann::json& object, const char* key, std::size_t most);
/// The name of a picture that cannot lead anywhere else, as an attribute, a path or a URL.
std::string file_name(const nlohmann::json& object, const char* key);

}  // namespace dbot::report::fields
