#include "tests/formats/writer/torch_writer.h"

#include <zlib.h>

namespace dbot::formats::writer {

std::string number(std::uint64_t value, unsigned bytes) {
  std::string result;
  for (unsigned i = 0; i < bytes; ++i, value >>= 8) result += static_cast<char>(value & 0xFF);
  return result;
}

std::string text(std::string_view content) {
  return "X" + number(content.size(), 4) + std::string(content);
}

std::string integer(std::int32_t value) {
  return "J" + number(static_cast<std::uint32_t>(value), 4);
}

std::string global(std::string_view module, std::string_view name) {
  return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}

std::string tuple(const std::vector<std::string>& items) {
  std::string result = "(";
  for (const std::string& item : items) result += item;
  return result + "t";
}

std::string dictionary(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string result = "}(";
  for (const auto& [key, value] : entries) result += text(key) + value;
  return result + "u";
}

std::string called(const std::string& callable, const std::vector<std::string>& arguments) {
  return callable + tuple(arguments) + "R";
}

std::string pickle(std::string_view content) {
  return "\x80\x02" + std::string(content) + ".";
}

std::string tensor(const Tensor& parts) {
  const std::string storage = tuple({text("storage"), global("torch", parts.type), text(parts.key),
                                     text("cpu"), parts.storage_size}) +
                              "Q";
  return called(global("torch._utils", parts.function),
                {storage, parts.offset, parts.sizes, parts.strides, "\x89",
                 called(global("collections", "OrderedDict"), {})});
}

std::string state_dict(const Tensor& parts) {
  return pickle(dictionary({{"weight", tensor(parts)}}));
}

std::string zip(const std::vector<Entry>& entries, std::string_view comment) {
  std::string file, directory;
  for (const Entry& entry : entries) {
    const auto* data = reinterpret_cast<const Bytef*>(entry.content.data());
    const std::string sum = number(::crc32_z(0, data, entry.content.size()), 4);
    const std::string kind =
        number(20, 2) + number(entry.flags, 2) + number(entry.method, 2) + number(0, 4) + sum;
    const std::string size = number(entry.content.size(), 4);
    const std::size_t place = file.size();
    file += "PK\x03\x04" + kind + size + size + number(entry.name.size(), 2) + number(0, 2) +
            entry.name + entry.content;
    const std::string all = number(0xFFFFFFFF, 4);
    const std::string extra = entry.sizes64
                                  ? number(1, 2) + number(24, 2) + number(entry.content.size(), 8) +
                                        number(entry.content.size(), 8) + number(place, 8)
                                  : "";
    directory += "PK\x01\x02" + number(20, 2) + kind + (entry.sizes64 ? all + all : size + size) +
                 number(entry.name.size(), 2) + number(extra.size(), 2) + number(0, 10) +
                 (entry.sizes64 ? all : number(place, 4)) + entry.name + extra;
  }
  const std::size_t begin = file.size();
  file += directory + "PK\x05\x06" + number(0, 4) + number(entries.size(), 2) +
          number(entries.size(), 2) + number(directory.size(), 4) + number(begin, 4) +
          number(comment.size(), 2);
  return file + std::string(comment);
}

std::string torch_zip(std::string_view pickle, const std::vector<std::string>& storages) {
  std::vector<Entry> entries{{"archive/data.pkl", std::string(pickle)},
                             {"archive/byteorder", "little"},
                             {"archive/version", "3\n"}};
  for (std::size_t i = 0; i < storages.size(); ++i) {
    entries.push_back({"archive/data/" + std::to_string(i), storages[i]});
  }
  return zip(entries);
}

std::string torch_legacy(std::string_view content,
                         const std::vector<std::pair<std::string, std::string>>& storages,
                         std::size_t element_size) {
  const std::string magic("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12);
  std::string file =
      pickle(magic) + pickle("M\xe9\x03") +
      pickle(dictionary({{"protocol_version", integer(1001)}, {"little_endian", "\x88"}})) +
      std::string(content);
  std::string keys = "](";
  for (const auto& [key, data] : storages) keys += text(key);
  file += pickle(keys + "e");
  for (const auto& [key, data] : storages) {
    file += number(data.size() / element_size, 8) + data;
  }
  return file;
}

}  // namespace dbot::formats::writer
