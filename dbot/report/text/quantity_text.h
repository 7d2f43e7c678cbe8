#pragma once

#include <cstdint>
#include <string>

// Numbers as people read them.
namespace dbot::report {

/// "512 bytes", "3.4 kB", "1.27 GB": powers of 1000, three digits.
std::string bytes_text(double bytes);

/// "812", "86.4 k", "303 M": three digits.
std::string count_text(double count);

/// "60,000".
std::string grouped(std::int64_t number);

}  // namespace dbot::report
