#!/usr/bin/env python3
"""Reference values of word counts and TF-IDF, computed with scikit-learn.

    python3 scripts/golden/vocabulary.py > Tests/RLEditDataTests/Text/VocabularyGolden.swift
"""
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

TEXTS = [
    "the cat sat on the mat", "the dog sat", "a cat and a dog and a cat", "birds sing in the morning", "the the the end",
    "no cat no dog no bird", "dogs and cats and birds",
]


def main():
    # Our rule keeps words of one letter, theirs does not by default.
    pattern = r"(?u)\b\w+\b"
    counter = CountVectorizer(token_pattern=pattern)
    counts = counter.fit_transform(TEXTS).toarray()
    words = counter.get_feature_names_out()
    weights = TfidfVectorizer(token_pattern=pattern).fit_transform(TEXTS).toarray()
    print("/// Written by scripts/golden/vocabulary.py: what scikit-learn makes of these texts.")
    print("enum VocabularyGolden {")
    print("    static let texts = [")
    for text in TEXTS:
        print(f'        "{text}",')
    print("    ]")
    print("    /// For each text the words that occur, their counts and their TF-IDF weights.")
    print("    static let rows: [[(word: String, count: Float, weight: Float)]] = [")
    for row in range(len(TEXTS)):
        print("        [")
        for column, word in enumerate(words):
            if counts[row, column]:
                print(f'            ("{word}", {counts[row, column]}, {weights[row, column]:.8f}),')
        print("        ],")
    print("    ]")
    print("}")


if __name__ == "__main__":
    main()
