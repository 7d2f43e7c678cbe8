#pragma once

#include <functional>
#include <string_view>

namespace dbot::data {

/// Takes a word; its bytes may be gone when it returns.
using TakeWord = std::function<void(std::string_view word)>;

/// The words of a text as BERT's uncased tokenizer cuts it (Devlin et al., arXiv 1810.04805; the
/// rules are those of BertNormalizer and BertPreTokenizer in Hugging Face's `tokenizers`), in
/// order, sound UTF-8:
/// 1. control characters, U+0000, U+FFFD and bytes that are no UTF-8 are dropped, every white space
///    becomes a space, and ideographs (CJK) stand alone;
/// 2. canonical decomposition (NFD), without combining marks, in small letters;
/// 3. words end at spaces; every punctuation character, each ASCII symbol too, is a word.
/// Special tokens are ordinary text: "[MASK]" is three words.
void cut_words(std::string_view text, const TakeWord& take);

}  // namespace dbot::data
