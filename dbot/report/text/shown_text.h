#pragma once

#include <string>
#include <string_view>

namespace dbot::report {

/// Text from a file name, recipe or class name as it may be shown: valid UTF-8 without control
/// characters and without those that turn the direction of writing; each is replaced by U+FFFD.
/// Line ends and tabs stay.
std::string shown_text(std::string_view text);

/// One word of a shell command that means exactly these bytes, in printable ASCII or valid UTF-8:
/// plain, '…', or bash's $'…' for bytes that cannot be shown.
std::string shell_word(std::string_view text);

/// Base64 with padding (RFC 4648, section 4).
std::string base64(std::string_view bytes);

}  // namespace dbot::report
