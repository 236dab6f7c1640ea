#!/usr/bin/env python3
"""Tokens of hard texts, by Hugging Face's tokenizers and a small vocabulary of its own.

    python3 scripts/golden/wordpiece.py > Tests/RLEditDataTests/Tokens/WordPieceGolden.swift     needs tokenizers

scripts/golden/corpus.py writes the vocabulary's files, which need nothing but this script.
"""
import json
import pathlib
import tempfile

SPECIAL = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEXTS = [
    "ban dol ban-dol", "Ban DOL bAnDoL", "bandol dolban bandolban", "unbanned rebandoling", "a b c z", "",
    " \t ban \r\n dol ", "ban,dol.ban!", "don't ban's", "\"ban\" (dol) [ban] {dol}", "#ban @dol $5 100% a+b=c", "a_b-c/d\\e|f",
    "!?...", "``ban''", "~^<>", "x" * 100, "x" * 101, "é" * 100, "é" * 101, "ban" + "x" * 98, "qqq", "banqqq",
    # Accents, alone and composed; marks that are not accents; their order.
    "é É è ñ ç ü", "e\u0301 E\u0301 n\u0303", "Ünïcode naïve café", "\u01d5 \u1e9b\u0323 \u212b", "a\u0300\u0301\u0302b",
    "\u0301ban ban\u0301", "\u0915\u093e\u0915 \u0915\u093f", "a\u302e\u0301b", "a\U0001d165\u302eb", "\U0001d15e",
    "\u0344 \u0345 \u03b1\u0345", "o\u0338 \u00f8 \u0142", "\u226e \u2260 =\u0338",
    # Case: no final sigma, two kinds of i, letters without a partner.
    "ΣΑΣ σας ΟΔΟΣ", "İ I ı i", "ß ẞ SS", "ǅ Ǆ ǆ", "ﬁ ﬀ", "Ꭰ ꭰ", "Ω Ω",
    # Ideographs, kana, Hangul, compatibility ideographs.
    "中文", "ban中dol", "漢\u0301字", "かな カナ ガ", "한국 각", "\uf900\ufa0e", "\U00020000\U0002f800", "\U0002b820\U0002b920",
    "〇々", "中，文。",
    # What is cleaned: control, format, private and replaced characters; blanks of all kinds.
    "ban\x00dol", "ban\ufffddol", "ban\x07dol\x1b", "ban\u00addol", "ban\u200bdol", "ban\u200ddol", "ban\ufeffdol", "ban\ue000dol",
    "ban\u00a0dol", "ban\u3000dol\u2003ban", "ban\u2028dol\u2029ban", "ban\x85dol", "ban\x0bdol\x0cban", "ban\tdol\nban",
    # Pictures, joined and coloured; flags; selectors.
    "😀 ban😀dol", "👨\u200d👩\u200d👧", "👍🏽", "🇩🇪", "❤\ufe0f", "a\u20e3",
    # Punctuation beyond ASCII, and what looks like it.
    "ban—dol “ban” ‘dol’ …", "¿ban? ¡dol!", "«ban» ‹dol›", "ban·dol • ban", "€ £ ¢ ©", "\u037e \u1fef \u0387", "\u166d \u2e5d \u10ed0",
    # Special tokens in a text: as they are written, nothing else.
    "[CLS] ban [SEP]", "ban[MASK]dol", "[mask] [Mask]", "[UNK] [PAD]", "[MASK", "[[MASK]]", "[unused0]", "[MASK]é[MASK]",
    # Younger than the tables of the reference.
    "a\u0898b", "a\u08d3b", "a\U00011a34b", "\U00011938", "a\u1885b", "a\u1734b", "a\ua9bdb", "\u0378", "\U0010ffff",
]


def vocabulary():
    """Special tokens, a few words and their parts, and the characters of the texts in all forms."""
    import unicodedata

    words = ["ban", "dol", "bandol", "Ban", "un", "re", "don", "ned", "##ned", "##dol", "##ban", "##ing", "##d", "caf", "##\u093e"]
    forms = ["xe" + "".join(TEXTS)]
    for text in list(forms):
        lowered = text.lower()
        forms += [lowered, unicodedata.normalize("NFD", text), unicodedata.normalize("NFD", lowered)]
    known = {c for form in forms for c in form if not c.isspace() and c not in "qQ"}
    # Some characters are only known where a word goes on, some only where it begins.
    letters = sorted(c for c in known if unicodedata.category(c)[0] not in "C")
    parts = ["##" + c for index, c in enumerate(letters) if index % 7 != 3]
    tokens = SPECIAL + words + [c for index, c in enumerate(letters) if index % 11 != 5] + parts
    return list(dict.fromkeys(tokens))


def vocabulary_text():
    return "".join(token + "\n" for token in vocabulary())


def tokenizer_json(cased):
    """As the files of BERT models are written, without what does not change tokens."""
    tokens = vocabulary()
    number = {token: index for index, token in enumerate(tokens)}
    flags = {"special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}

    def special(token):
        return {"SpecialToken": {"id": token, "type_id": 0}}

    return json.dumps({
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": number[token], "content": token, **flags} for token in SPECIAL if token != "[unused0]"],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                       "lowercase": not cased},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing", "single": [special("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, special("[SEP]")],
            "pair": [special("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, special("[SEP]"),
                     {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
            "special_tokens": {token: {"id": token, "ids": [number[token]], "tokens": [token]} for token in ["[CLS]", "[SEP]"]}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": False},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                  "vocab": number},
    }, ensure_ascii=False, indent=0)


def swift(text):
    """A literal of scalars."""
    return '"' + "".join(c if " " <= c < "\x7f" and c not in '"\\' else f"\\u{{{ord(c):X}}}" for c in text) + '"'


def main():
    from tokenizers import Tokenizer

    results = {}
    for cased in [False, True]:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "tokenizer.json")
            path.write_text(tokenizer_json(cased), encoding="utf-8")
            results[cased] = [entry.ids for entry in Tokenizer.from_file(str(path)).encode_batch(TEXTS)]
    print("// swift-format-ignore-file")
    print("/// Written by scripts/golden/wordpiece.py: what Hugging Face's tokenizers make of hard texts, the numbers as text.")
    print("enum WordPieceGolden {")
    print("    static let rows: [(text: String, uncased: String, cased: String)] = [")
    for text, *rows in zip(TEXTS, results[False], results[True]):
        print(f"        ({swift(text)}, " + ", ".join('"' + " ".join(map(str, row)) + '"' for row in rows) + "),")
    print("    ]")
    print("}")


if __name__ == "__main__":
    main()
