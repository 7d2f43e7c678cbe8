#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Pickles and zip files put together by hand: sound ones, and ones no program would write.
namespace dbot::formats::writer {

/// A number of so many bytes, lowest first.
std::string number(std::uint64_t value, unsigned bytes);

// Opcodes of protocol 2.
std::string text(std::string_view content);
std::string integer(std::int32_t value);
std::string global(std::string_view module, std::string_view name);
std::string tuple(const std::vector<std::string>& items);
/// A dictionary of texts as keys.
std::string dictionary(const std::vector<std::pair<std::string, std::string>>& entries);
std::string called(const std::string& callable, const std::vector<std::string>& arguments);
/// PROTO 2 before, STOP behind.
std::string pickle(std::string_view content);

/// A tensor as torch writes it. The parts are opcodes, so that a test can put anything there.
struct Tensor {
  std::string type = "FloatStorage", key = "0";
  std::string storage_size = integer(4), offset = integer(0);
  std::string sizes = tuple({integer(4)}), strides = tuple({integer(1)});
  std::string function = "_rebuild_tensor_v2";
};
std::string tensor(const Tensor& parts);
/// {"weight": that tensor}
std::string state_dict(const Tensor& parts);

struct Entry {
  std::string name, content;
  unsigned method = 0, flags = 0;
  bool sizes64 = false;  // sizes and place in the 64-bit part
};
/// A zip file; `comment` behind it.
std::string zip(const std::vector<Entry>& entries, std::string_view comment = "");
/// name/data.pkl and storages name/data/0, name/data/1, …
std::string torch_zip(std::string_view pickle, const std::vector<std::string>& storages);
/// The container of before 2020.
std::string torch_legacy(std::string_view pickle,
                         const std::vector<std::pair<std::string, std::string>>& storages,
                         std::size_t element_size);

}  // namespace dbot::formats::writer
