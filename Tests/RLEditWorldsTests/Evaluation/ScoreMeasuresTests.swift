internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

@Suite("Score measures")
struct ScoreMeasuresTests {
    private func measures(_ scores: [Float], _ shape: [Int], _ labels: [Int]) throws -> ScoreMeasures {
        try ScoreMeasures(scores: Tensor(scores, shape: shape), labels: labels, set: "comments")
    }

    @Test("agree with scikit-learn, ties included", arguments: ScoreMeasuresGolden.all)
    func golden(golden: ScoreMeasuresGolden) throws {
        let measures = try measures(golden.scores, [golden.labels.count, golden.classes], golden.labels)
        let classes = measures.perClassAccuracy()
        #expect(classes.map(\.label) == Array(0..<golden.classes))
        for (own, expected) in zip(classes, golden.perClassAccuracy) {
            #expect(abs(own.accuracy - expected) < 1e-12)
            #expect(own.count == golden.labels.count { $0 == own.label })
        }
        guard let auc = golden.auc else { return }
        #expect(abs(try measures.auc() - auc) < 1e-12)
        for rate in golden.rates {
            #expect(abs(try measures.falsePositiveRate(threshold: rate.threshold) - rate.falsePositive) < 1e-12)
            #expect(abs(try measures.truePositiveRate(threshold: rate.threshold) - rate.truePositive) < 1e-12)
        }
    }

    @Test("a single column is the score of class 1")
    func singleColumn() throws {
        let scores: [Float] = [1, -2, 0, 3, -1]
        let labels = [1, 0, 1, 0, 0]
        let single = try measures(scores, [5, 1], labels)
        let pair = try measures(scores.flatMap { [0, $0] }, [5, 2], labels)
        // Of six pairs, positives 1 and 0 beat negatives −2 and −1, and lose to 3.
        #expect(try single.auc() == 4.0 / 6 && pair.auc() == 4.0 / 6)
        #expect(try single.falsePositiveRate() == 1.0 / 3 && pair.falsePositiveRate() == 1.0 / 3)
        // A tie is class 0.
        #expect(try single.truePositiveRate() == 0.5 && pair.truePositiveRate() == 0.5)
        #expect(single.perClassAccuracy() == pair.perClassAccuracy())
    }

    @Test("classes that do not occur have no accuracy")
    func missingClasses() throws {
        let own = try measures([0, 2, 1, 5, 5, 1], [2, 3], [1, 1]).perClassAccuracy()
        #expect(own.map(\.label) == [1] && own.map(\.count) == [2] && own.map(\.accuracy) == [0.5])
        #expect(try measures([], [0, 3], []).perClassAccuracy().isEmpty)
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test("say why they are undefined")
    func undefined() throws {
        let negative = try measures([0, 1, 1, 0], [2, 2], [0, 0])
        #expect(
            message { _ = try negative.auc() }
                == "'auc' of set 'comments' is undefined: it holds no example of class 1")
        #expect(
            message { _ = try negative.truePositiveRate() }
                == "'true_positive_rate' of set 'comments' is undefined: it holds no example of class 1")
        #expect(try negative.falsePositiveRate() == 0.5)
        let positive = try measures([0, 1], [1, 2], [1])
        #expect(
            message { _ = try positive.falsePositiveRate() }
                == "'false_positive_rate' of set 'comments' is undefined: it holds no example of class 0")
        let three = try measures([0, 1, 2], [1, 3], [1])
        #expect(
            message { _ = try three.auc() }
                == "'auc' of set 'comments' is undefined: it takes a network of two classes, and this one has 3")
    }

    @Test("refuse scores and labels that do not fit")
    func misfits() {
        #expect(
            message { _ = try measures([0, 1], [1, 2], [0, 1]) }
                == "set 'comments': has scores of shape [1, 2] and 2 labels")
        #expect(
            message { _ = try measures([0, 1], [1, 2], [2]) }
                == "set 'comments': example 1 has the label 2, but the network scores 2 classes: labels begin at 0 and go to 1"
        )
        #expect(
            message { _ = try measures([0, .nan], [1, 2], [1]) }
                == "set 'comments': has scores that are not finite numbers")
    }
}
