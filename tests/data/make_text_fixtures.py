#!/usr/bin/env python3
"""Writes fixtures/text/words.json: the words that Hugging Face's tokenizers (0.23.3) cuts texts into.

Needs the package tokenizers; run from anywhere, the output is the same everywhere.
"""
import json
import pathlib
import random
import unicodedata

from tokenizers import normalizers, pre_tokenizers

normalizer = normalizers.BertNormalizer(
    clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True)
pre_tokenizer = pre_tokenizers.BertPreTokenizer()


def words(text):
    return [word for word, _ in pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text))]


TEXTS = [
    "A dog runs.", "naïve café", "don't", "UNBELIEVABLE!", "日本 dog", "カメラで撮る", "강아지", "İstanbul ISPARTA ı",
    "ΣΊΣΥΦΟΣ", "ß straße ẞ", "Ǆ ǆ ǅ", "K Å Ω", "e\u0301le\u0301phant", "a\u0323\u0307 a\u0307\u0323", "क्षत्रिय हिन्दी",
    "ไทยก็", "שָׁלוֹם", "عَرَبِيّ", "tiếng Việt", "ﬁne ﬂat", "①②½²", "¿qué? ¡sí!", "«guillemets»", "“curly” ‘quotes’ – — …",
    "zero\u200bwidth", "soft\u00adhyphen", "a\u0000b\ufffdc", "a\u0085b", "a\u000bb\u000cc", "a\u2028b\u2029c", "a\u3000b\u00a0c\u202fd",
    "\ufeffbom", "a\ue000b", "a\U000f0000b", "\U0001f436\U0001f3fd\u200d\U0001f9b0", "$5 <b>^`|~=+", "€ £ ¥ § ¶ ° ± × ÷", "3.14 1,000 50%",
    "豈 \uf900\U0002f800", "\U00020000\U0002a6df\U0002a6e0", "\u3005\u3007", "㐀䶿", "\u302e\u302f가", "a\u0903b", "\u0958 \u0929", "Ⅷ ⅷ Ⓐ ⓐ",
    "ſt ﬅ", "Ꭰ ꭰ", "Ა ა", "𐐀 𐐨", "[MASK] [PAD] ##ing", "", "   ", "\t\n\r", "x" * 101,
]



def is_settled(letter):
    """The reference's tables are older than ours: letters that all releases know alike."""
    then = unicodedata.ucd_3_2_0.category(letter)
    return then != "Cn" and then == unicodedata.category(letter)


draw = random.Random(20)
RANGES = [(0x20, 0x250), (0x250, 0x600), (0x600, 0xE00), (0xE00, 0x1200), (0x1E00, 0x2100), (0x2100, 0x2C00),
          (0x2C00, 0x3100), (0x3100, 0x3400), (0xA000, 0xA700), (0xAC00, 0xD7A4), (0xF900, 0xFB50), (0xFE00, 0x10000),
          (0x10000, 0x10800), (0x1D400, 0x1D800)]
for low, high in RANGES:
    settled = [chr(c) for c in range(low, high) if is_settled(chr(c))]
    for _ in range(8):
        letters = draw.choices(settled, k=8)
        TEXTS.append("a".join(letters[:4]) + " " + "".join(letters[4:]))

folder = pathlib.Path(__file__).parent / "fixtures/text"
folder.mkdir(exist_ok=True)
rows = [json.dumps({"text": text, "words": words(text)}) for text in TEXTS]
(folder / "words.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")
