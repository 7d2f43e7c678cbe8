#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dbot/formats/torch/pickle.h"
#include "dbot/formats/torch/pickle_input.h"

namespace dbot::formats {

/// The machine of a pickle: a stack, marks in it, and a memo. One object reads one pickle.
class PickleReader {
 public:
  PickleReader(std::span<const std::byte> bytes, GlobalRule allowed)
      : input_(bytes), allowed_(allowed) {}

  PickleDocument run();

 private:
  // Each family of opcodes tells whether it knows this one.
  bool read_constant(unsigned opcode);
  bool read_text(unsigned opcode);
  bool read_container(unsigned opcode);
  bool read_stack(unsigned opcode);
  bool read_object(unsigned opcode);

  PickleValue& make(PickleKind kind);
  void push(PickleValue& value);
  void push_integer(std::int64_t value);
  void push_text(PickleKind kind, std::uint64_t length);
  void push_long(std::uint64_t length);
  void push_tuple(std::size_t count);
  PickleValue& pop();
  PickleValue& top();
  /// Everything above the last mark, which is removed.
  std::vector<const PickleValue*> pop_to_mark();

  void append(const std::vector<const PickleValue*>& items);
  void set_entries(const std::vector<const PickleValue*>& entries);
  void remember(std::uint64_t index);
  void recall(std::uint64_t index);
  void push_global(std::string_view module, std::string_view name);
  void stack_global();
  void call();
  void new_object(bool with_keywords);
  void restore();
  void persistent();
  /// What calling a class or function with these arguments is kept as.
  PickleValue& result_of(const PickleValue& callable, const PickleValue& arguments);
  /// An OrderedDict or dict made of pairs.
  void take_pairs(PickleValue& dictionary, const PickleValue& pairs);

  /// Work that is not bounded by the opcodes read so far, such as copies of shared lists.
  void spend(std::size_t work);
  [[noreturn]] static void fail(const std::string& what);

  PickleInput input_;
  GlobalRule allowed_;
  PickleDocument document_;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, PickleValue*> memo_;
  std::size_t work_ = 0;
};

}  // namespace dbot::formats
