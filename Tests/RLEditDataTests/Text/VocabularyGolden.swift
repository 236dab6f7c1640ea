/// Written by scripts/golden/vocabulary.py: what scikit-learn makes of these texts.
enum VocabularyGolden {
    static let texts = [
        "the cat sat on the mat",
        "the dog sat",
        "a cat and a dog and a cat",
        "birds sing in the morning",
        "the the the end",
        "no cat no dog no bird",
        "dogs and cats and birds",
    ]
    /// For each text the words that occur, their counts and their TF-IDF weights.
    static let rows: [[(word: String, count: Float, weight: Float)]] = [
        [
            ("cat", 1, 0.32692041),
            ("mat", 1, 0.46075636),
            ("on", 1, 0.46075636),
            ("sat", 1, 0.38246735),
            ("the", 2, 0.56766972),
        ],
        [
            ("dog", 1, 0.56591424),
            ("sat", 1, 0.66206854),
            ("the", 1, 0.49133117),
        ],
        [
            ("a", 3, 0.79406956),
            ("and", 2, 0.43943062),
            ("cat", 2, 0.37561072),
            ("dog", 1, 0.18780536),
        ],
        [
            ("birds", 1, 0.41153300),
            ("in", 1, 0.49577159),
            ("morning", 1, 0.49577159),
            ("sing", 1, 0.49577159),
            ("the", 1, 0.30540492),
        ],
        [
            ("end", 1, 0.47590356),
            ("the", 3, 0.87949747),
        ],
        [
            ("bird", 1, 0.30141730),
            ("cat", 1, 0.21386458),
            ("dog", 1, 0.21386458),
            ("no", 3, 0.90425190),
        ],
        [
            ("and", 2, 0.71145198),
            ("birds", 1, 0.35572599),
            ("cats", 1, 0.42854119),
            ("dogs", 1, 0.42854119),
        ],
    ]
}
