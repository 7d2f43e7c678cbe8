#include "dbot/formats/torch/pickle_reader.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"

namespace dbot::formats {
namespace {

// A checkpoint of a thousand tensors with the optimizer's moments has some 100,000 values. The
// limits keep what a hostile file can make us allocate below 300 MB.
constexpr std::size_t kMostValues = 1'000'000;
constexpr std::size_t kMostWork = 8'000'000;     // opcodes read and pointers copied
constexpr std::uint64_t kLongestInteger = 1024;  // bytes

constexpr unsigned kOldestProtocol = 2, kNewestProtocol = 5;

}  // namespace

void PickleReader::fail(const std::string& what) {
  throw DataError({.fault = Fault::corrupt, .reason = what});
}

void PickleReader::spend(std::size_t work) {
  work_ += work;
  if (work_ > kMostWork) fail("it has more parts than any checkpoint, and was given up");
}

PickleDocument PickleReader::run() {
  std::size_t place = 0;
  try {
    while (true) {
      place = input_.position();
      const auto opcode = static_cast<unsigned>(input_.number(1));
      spend(1);
      if (opcode == '.') break;
      if (!read_constant(opcode) && !read_text(opcode) && !read_container(opcode) &&
          !read_stack(opcode) && !read_object(opcode)) {
        fail(fmt::format("0x{:02x} is no opcode of protocols 2 to 5", opcode));
      }
    }
    document_.root_ = &pop();
    if (!stack_.empty() || !marks_.empty()) fail("it ends with values left over");
  } catch (const DataError& error) {
    ErrorFields fields = error.fields();
    fields.reason += fmt::format(" (byte {} of the pickle)", place);
    throw DataError(std::move(fields));
  }
  document_.size_ = input_.position();
  return std::move(document_);
}

bool PickleReader::read_constant(unsigned opcode) {
  switch (opcode) {
    case 0x80: {  // PROTO
      const std::uint64_t protocol = input_.number(1);
      if (protocol < kOldestProtocol || protocol > kNewestProtocol) {
        fail(fmt::format("its protocol is {}, expected 2 to 5", protocol));
      }
      return true;
    }
    case 0x95: {  // FRAME, which only announces that so much follows
      const std::uint64_t length = input_.number(8);
      if (length > input_.left()) {
        fail(fmt::format("a frame of {} bytes is announced, {} are left", length, input_.left()));
      }
      return true;
    }
    case 'N':
      push(make(PickleKind::none));
      return true;
    case 0x88:
    case 0x89: {
      PickleValue& value = make(PickleKind::boolean);
      value.integer = opcode == 0x88;
      push(value);
      return true;
    }
    case 'J':
      push_integer(static_cast<std::int32_t>(input_.number(4)));
      return true;
    case 'K':
      push_integer(static_cast<std::int64_t>(input_.number(1)));
      return true;
    case 'M':
      push_integer(static_cast<std::int64_t>(input_.number(2)));
      return true;
    case 'G': {
      PickleValue& value = make(PickleKind::real);
      value.real = input_.real();
      push(value);
      return true;
    }
    case 0x8a:
      push_long(input_.number(1));
      return true;
    case 0x8b:
      push_long(input_.number(4));
      return true;
    default:
      return false;
  }
}

bool PickleReader::read_text(unsigned opcode) {
  switch (opcode) {
    case 'X':
    case 'T':  // a text of Python 2
      push_text(PickleKind::text, input_.number(4));
      return true;
    case 0x8c:
    case 'U':
      push_text(PickleKind::text, input_.number(1));
      return true;
    case 0x8d:
      push_text(PickleKind::text, input_.number(8));
      return true;
    case 'C':
      push_text(PickleKind::bytes, input_.number(1));
      return true;
    case 'B':
      push_text(PickleKind::bytes, input_.number(4));
      return true;
    case 0x8e:
    case 0x96:
      push_text(PickleKind::bytes, input_.number(8));
      return true;
    default:
      return false;
  }
}

void PickleReader::push_text(PickleKind kind, std::uint64_t length) {
  PickleValue& value = make(kind);
  value.text = input_.take(length);
  push(value);
}

void PickleReader::push_integer(std::int64_t integer) {
  PickleValue& value = make(PickleKind::integer);
  value.integer = integer;
  push(value);
}

void PickleReader::push_long(std::uint64_t length) {
  // The length of the long form is signed; a negative one is above this limit too.
  if (length > kLongestInteger) {
    fail(fmt::format("an integer of {} bytes, expected at most {}", length, kLongestInteger));
  }
  const std::string_view digits = input_.take(length);
  if (digits.size() > sizeof(std::int64_t)) {
    PickleValue& value = make(PickleKind::long_integer);
    value.text = digits;
    return push(value);
  }
  const bool negative = !digits.empty() && (digits.back() & 0x80) != 0;
  std::uint64_t bits = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = digits.size(); i-- > 0;) {
    bits = bits << 8 | static_cast<unsigned char>(digits[i]);
  }
  push_integer(static_cast<std::int64_t>(bits));
}

PickleValue& PickleReader::make(PickleKind kind) {
  if (document_.values_.size() == kMostValues) {
    fail(fmt::format("it has more than {} values", kMostValues));
  }
  PickleValue& value = document_.values_.emplace_back();
  value.kind = kind;
  return value;
}

void PickleReader::push(PickleValue& value) {
  stack_.push_back(&value);
}

PickleValue& PickleReader::top() {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) fail("it takes a value that is not there");
  return *stack_.back();
}

PickleValue& PickleReader::pop() {
  PickleValue& value = top();
  stack_.pop_back();
  return value;
}

std::vector<const PickleValue*> PickleReader::pop_to_mark() {
  if (marks_.empty()) fail("it takes values to a mark that is not there");
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<const PickleValue*> values(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return values;
}

bool PickleReader::read_stack(unsigned opcode) {
  switch (opcode) {
    case '(':
      marks_.push_back(stack_.size());
      return true;
    case '0':
      pop();
      return true;
    case '1':
      pop_to_mark();
      return true;
    case '2':
      push(top());
      return true;
    case 'h':
      recall(input_.number(1));
      return true;
    case 'j':
      recall(input_.number(4));
      return true;
    case 'q':
      remember(input_.number(1));
      return true;
    case 'r':
      remember(input_.number(4));
      return true;
    case 0x94:  // MEMOIZE
      remember(memo_.size());
      return true;
    default:
      return false;
  }
}

void PickleReader::remember(std::uint64_t index) {
  if (memo_.size() == kMostValues)
    fail(fmt::format("it remembers more than {} values", kMostValues));
  memo_[index] = &top();
}

void PickleReader::recall(std::uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) fail(fmt::format("it recalls value {}, which was never kept", index));
  push(*found->second);
}

PickleDocument read_pickle(std::span<const std::byte> bytes, GlobalRule allowed) {
  return PickleReader(bytes, allowed).run();
}

std::string long_integer_text(const PickleValue& value) {
  std::vector<unsigned> digits{0};  // base 10^9, lowest first
  constexpr std::uint64_t kBase = 1'000'000'000;
  const bool negative = !value.text.empty() && (value.text.back() & 0x80) != 0;
  // Of a negative number the digits of −1 − n, which are its bytes inverted, and then one more.
  std::uint64_t carry = negative ? 1 : 0;
  const auto multiply_and_add = [&digits](std::uint64_t factor, std::uint64_t addend) {
    for (unsigned& digit : digits) {
      addend += digit * factor;
      digit = static_cast<unsigned>(addend % kBase);
      addend /= kBase;
    }
    if (addend != 0) digits.push_back(static_cast<unsigned>(addend));
  };
  for (std::size_t i = value.text.size(); i-- > 0;) {
    const auto byte = static_cast<unsigned char>(value.text[i]);
    multiply_and_add(256, negative ? static_cast<unsigned char>(~byte) : byte);
  }
  multiply_and_add(1, carry);
  std::string text = negative ? "-" : "";
  text += std::to_string(digits.back());
  for (std::size_t i = digits.size() - 1; i-- > 0;) text += fmt::format("{:09}", digits[i]);
  return text;
}

}  // namespace dbot::formats
