internal import Foundation
internal import RLEditData
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

/// One set of margins and what scikit-learn says of it; written by `scripts/golden/binary_measures.py`.
struct BinaryGolden: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let margins: [Float]
    let labels: [Int]
    let members: [[Int]]
    let measures: [String: Double?]
    let groups: [[String: Double?]]
    var testDescription: String { name }

    static let all: [BinaryGolden] = {
        do {
            guard
                let file = Bundle.module.url(
                    forResource: "binary_measures", withExtension: "json", subdirectory: "Fixtures")
            else { return [] }
            return try JSONDecoder().decode([BinaryGolden].self, from: Data(contentsOf: file))
        } catch {
            Issue.record(error)
            return []
        }
    }()

    func scoreMeasures() throws -> ScoreMeasures {
        let groups =
            members.isEmpty
            ? nil
            : try ExampleGroups(
                names: members.indices.map { "group \($0)" }, members: members, exampleCount: labels.count)
        return try ScoreMeasures(
            scores: Tensor(margins, shape: [margins.count, 1]), labels: labels, groups: groups, set: "comments")
    }
}

@Suite("Measures of two classes and of groups")
struct BinaryMeasuresTests {
    @Test("there are golden cases")
    func golden() { #expect(BinaryGolden.all.count == 8) }

    @Test("agree with scikit-learn, and are undefined where it has no value", arguments: BinaryGolden.all)
    func measures(golden: BinaryGolden) throws {
        let measures = try golden.scoreMeasures().binary()
        for metric in BinaryMetric.allCases {
            let expected = try #require(golden.measures[metric.name], "\(metric.name) is not in the fixture")
            expect(
                try WorldError.defined { () throws(WorldError) in try measures.value(metric) }, expected, metric.name)
        }
        for (group, values) in golden.groups.enumerated() {
            #expect(measures.count(group: group) == golden.members[group].count)
            for metric in GroupMetric.allCases {
                let expected = try #require(values[metric.name], "\(metric.name) is not in the fixture")
                expect(
                    try WorldError.defined { () throws(WorldError) in try measures.value(metric, group: group) },
                    expected, "\(group) \(metric.name)")
            }
        }
    }

    private func expect(_ own: Double?, _ expected: Double?, _ what: String) {
        guard let own, let expected else {
            #expect(
                own == nil && expected == nil, "\(what): \(String(describing: own)), \(String(describing: expected))")
            return
        }
        #expect(abs(own - expected) < 1e-12, "\(what): \(own), expected \(expected)")
    }

    /// Eight sentences of two terms. Term a errs on half of each class, term b on none.
    private func twoTerms() throws -> ScoreMeasures {
        let margins: [Float] = [1, -1, 2, -2, -1, -2, 1, 3]
        return try ScoreMeasures(
            scores: Tensor(margins.flatMap { [0, $0] }, shape: [8, 2]), labels: [0, 0, 1, 1, 0, 0, 1, 1],
            groups: ExampleGroups(names: ["a", "b"], members: [[0, 1, 2, 3], [4, 5, 6, 7]], exampleCount: 8),
            set: "terms")
    }

    @Test("an example whose groups are not known is background of none, and counts for the whole set")
    func unknownGroups() throws {
        let rows = ["1,1,", "0,,", "1,0,1", "0,1,0", "1,,", "0,0,0", "1,0,0", "0,1,1"]
        let margins: [Float] = [1, 2, -0.5, 0.5, -3, -1, 0.7, 0.6]
        func measures(_ kept: [Int]) throws -> BinaryMeasures {
            let file = "label,a,b\n" + kept.map { rows[$0] + "\n" }.joined()
            let contents = try TableContents(
                MemorySource(Array(file.utf8), path: "x"),
                TableColumns(.texts("label"), label: "label", groups: .members(["a", "b"], atLeast: 0.5)))
            return try ScoreMeasures(
                scores: Tensor(kept.flatMap { [0, margins[$0]] }, shape: [kept.count, 2]),
                labels: contents.labelling.labels.map { Int($0) }, groups: contents.labelling.groups, set: "s"
            ).binary()
        }
        // The second and the fifth have empty fields and no group; the first has one and a group.
        let all = try measures(Array(0..<8))
        let known = try measures([0, 2, 3, 5, 6, 7])
        for group in 0..<2 {
            for metric in [GroupMetric.auc, .bpsnAUC, .bnspAUC] {
                #expect(try all.value(metric, group: group) == known.value(metric, group: group), "\(metric) \(group)")
            }
        }
        #expect(try all.value(.fped) == known.value(.fped))
        // Counted by hand: of the pairs of a positive and a negative, those in the right order.
        #expect(try all.value(.auc) == 7.0 / 16)
        #expect(try known.value(.auc) == 7.0 / 9)
    }

    @Test("agree with numbers worked by hand")
    func byHand() throws {
        let measures = try twoTerms().binary()
        // Overall both rates are 1/4; those of a are 1/2, those of b 0.
        #expect(try measures.value(.fped) == 0.5)
        #expect(try measures.value(.fned) == 0.5)
        #expect(try measures.value(.equalityDifference) == 1)
        // Pairs in order, ties half: a 2 of 4; b 4 of 4; positives of b over negatives of a 3.5; of a over b 2.5.
        #expect(try (0..<2).map { try measures.value(.auc, group: $0) } == [0.5, 1])
        #expect(try (0..<2).map { try measures.value(.bpsnAUC, group: $0) } == [0.875, 0.625])
        #expect(try (0..<2).map { try measures.value(.bnspAUC, group: $0) } == [0.625, 0.875])
        #expect(try measures.value(.auc) == 0.75)
        // (½ (0.5⁻⁵ + 1⁻⁵))^(−1/5) = 16.5^(−0.2)
        #expect(abs(try measures.value(.meanSubgroupAUC) - 0.5708252968172411) < 1e-12)
        #expect(try measures.value(.meanBpsnAUC) == measures.value(.meanBnspAUC))
        let final = try (0.75 + measures.value(.meanSubgroupAUC) + 2 * measures.value(.meanBpsnAUC)) / 4
        #expect(abs(try measures.value(.finalAUC) - final) < 1e-15)
        #expect(try measures.value(.demographicParityDifference) == 0)
        #expect(try measures.value(.equalisedOddsDifference) == 0.5)
        // One negative of four is above 0, and one positive is not: 0 is a threshold of equal error already.
        #expect(try measures.value(.equalErrorThreshold) == 0)
        #expect(try measures.value(.errorDifferenceAtEER) == 1)
    }

    @Test("a threshold of the caller's moves the rates and not the areas")
    func threshold() throws {
        let (scores, at) = (try twoTerms(), 1.5)
        let moved = try scores.binary(threshold: at)
        // Above 1.5 are 2 of a and 3 of b: no false positive, one of two found in each group.
        #expect(try moved.value(.falsePositiveRate) == 0 && moved.value(.recall) == 0.5)
        #expect(try moved.value(.equalityDifference) == 0 && scores.errorDifference(threshold: at) == 0)
        #expect(try moved.value(.finalAUC) == scores.binary().value(.finalAUC))
        // A margin on the threshold is not above it, also when the threshold has no single-precision value.
        #expect(try scores.falsePositiveRate(threshold: 1) == 0)
        #expect(try scores.falsePositiveRate(threshold: Double(1).nextDown) == 0.25)
        #expect(try scores.falsePositiveRate(threshold: Double(1).nextUp) == 0)
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test("an undefined measure names the group and the class that it lacks")
    func undefined() throws {
        let scores = try Tensor([1, -1, 2], shape: [3, 1])
        let lone = try ScoreMeasures(
            scores: scores, labels: [1, 1, 0],
            groups: ExampleGroups(names: ["old", "empty"], members: [[0, 1], []], exampleCount: 3), set: "s"
        ).binary()
        let prefix = "of set 's' is undefined: "
        #expect(message { _ = try lone.value(.fped) } == "'fped' \(prefix)its groups hold no example of class 0")
        #expect(
            message { _ = try lone.value(.falsePositiveRate, group: 0) }
                == "'groups.old.false_positive_rate' \(prefix)group 'old' holds no example of class 0")
        #expect(
            message { _ = try lone.value(.positiveRate, group: 1) }
                == "'groups.empty.positive_rate' \(prefix)group 'empty' holds no example")
        #expect(
            message { _ = try lone.value(.meanSubgroupAUC) }
                == "'mean_subgroup_auc' \(prefix)group 'old' holds no example of class 0")
        #expect(
            message { _ = try lone.value(.equalErrorThreshold) }
                == "'equal_error_threshold' \(prefix)its groups hold no example of class 0")
        let plain = try ScoreMeasures(scores: scores, labels: [1, 0, 1], set: "s").binary(threshold: 9)
        #expect(message { _ = try plain.value(.fped) } == "'fped' \(prefix)it has no groups")
        #expect(message { _ = try plain.value(.precision) } == "'precision' \(prefix)no example is predicted positive")
        #expect(try plain.value(.f1) == 0)
    }

    @Test("groups of another number of examples are refused")
    func misfits() {
        #expect(throws: WorldError.self) {
            try ScoreMeasures(
                scores: Tensor([1, 2], shape: [2, 1]), labels: [0, 1],
                groups: ExampleGroups(names: [], groupsOfExamples: [[]]), set: "s")
        }
    }
}
