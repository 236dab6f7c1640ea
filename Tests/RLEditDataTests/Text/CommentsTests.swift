import Foundation
import RLEditData
import Testing

@Suite("Comments and template sentences, found or generated")
struct CommentsTests {
    private static let nowhere = DataLocations(environment: [:], currentFolder: "/nonexistent")

    private func sizes(_ comments: Comments) -> [Int] {
        [comments.train.count, comments.validation.count, comments.test.count]
    }

    @Test("without data they are generated: the same each time, and named so")
    func generated() throws {
        let comments = try Comments.comments(locations: Self.nowhere)
        #expect(comments.source == "generated" && comments.file == nil)
        #expect(sizes(comments) == [4000, 500, 1200])
        #expect(try comments.hash == Comments.generated().hash)
        #expect(try comments.hash != Comments.generated(seed: 1).hash)
        // A larger set begins with the smaller one, so counts do not change what is drawn.
        let smaller = try Comments.generated(trainCount: 10, validationCount: 0, testCount: 0).train
        #expect(try smaller.contentHash == comments.train.take(10).contentHash)
        let templates = try Templates.templates(locations: Self.nowhere)
        #expect(templates.source == "generated" && templates.terms.count == 24)
        #expect(try templates.hash == Templates.generated().hash)
        #expect(throws: DataError.self) { try Comments.generated(trainCount: -1) }
    }

    @Test("the generated training comments are biased by terms, the others are not")
    func plantedBias() throws {
        let comments = try Comments.generated()
        let terms = try Templates.generated().terms
        /// Share of toxic comments for each term that is mentioned often enough to tell.
        func shares(_ set: TextSet) throws -> [Double] {
            let grouped = try set.groupedByTerms(terms)
            let groups = try #require(grouped.groups)
            return terms.indices.compactMap { term in
                let labels = groups.members(of: term).map { grouped.labels[$0] }
                return labels.count < 10 ? nil : Double(labels.reduce(0, +)) / Double(labels.count)
            }
        }
        let train = try shares(comments.train)
        #expect(train.count == 20)
        #expect(train.filter { $0 > 0.75 }.count == 10 && train.filter { $0 < 0.25 }.count == 10)
        let test = try shares(comments.test)
        #expect(test.count == 20 && test.allSatisfy { $0 > 0.2 && $0 < 0.75 })
    }

    @Test("each term has as many sentences, half of them toxic, and terms that hold others are told apart")
    func generatedTemplates() throws {
        let templates = try Templates.generated()
        let groups = try #require(templates.sentences.groups)
        #expect(groups.names == templates.terms)
        #expect(Set(groups.counts).count == 1 && groups.counts[0] * 24 == templates.sentences.count)
        for term in templates.terms.indices {
            let labels = groups.members(of: term).map { templates.sentences.labels[$0] }
            #expect(labels.reduce(0, +) * 2 == labels.count, "\(templates.terms[term])")
        }
    }

    @Test("comments are read where a data root holds them, and templates go with them")
    func found() throws {
        let folder = try TemporaryFolder()
        let locations = DataLocations(dataOption: folder.path, environment: [:], currentFolder: "/nonexistent")
        try folder.write(
            "jigsaw/bias_madlibs_77k.csv", Array("Text,Label,Template\nkiss nurse,NOT_BAD,x\nhit nurse,BAD,x\n".utf8))
        #expect(try Templates.templates(locations: locations).source == "generated")
        let rows = (1...10).map { "\($0),comment \($0),\($0 % 2)\n" }.joined()
        try folder.write("jigsaw/comments.csv", Array("id,comment_text,toxic\n\(rows)".utf8))
        let comments = try Comments.comments(locations: locations)
        #expect(comments.source == "jigsaw" && comments.file == "jigsaw/comments.csv")
        #expect(sizes(comments) == [7, 1, 2])
        #expect(comments.test.text(0) == "comment 9")
        #expect(throws: DataError.self) { try Templates.templates(locations: locations) }
        try folder.write("jigsaw/identity_terms.txt", Array("nurse\n\n".utf8))
        let templates = try Templates.templates(locations: locations)
        #expect(templates.terms == ["nurse"] && templates.sentences.labels == [0, 1])
        try folder.write("jigsaw/comments.csv", Array("id,comment_text,toxic\n1,x,7\n".utf8))
        #expect(throws: DataError.self) { try Comments.comments(locations: locations) }
    }

    @Test(
        "Jigsaw's comments and Conversation AI's sentences are as published",
        .enabled(if: ProcessInfo.processInfo.environment["RLEDIT_DATA"] != nil))
    func real() throws {
        let locations = DataLocations(
            environment: ["RLEDIT_DATA": ProcessInfo.processInfo.environment["RLEDIT_DATA"] ?? ""],
            currentFolder: "/nonexistent")
        let comments = try Comments.comments(locations: locations)
        guard comments.source == "jigsaw" else { return }
        #expect(sizes(comments) == [6617, 945, 1891])
        let templates = try Templates.templates(locations: locations)
        let groups = try #require(templates.sentences.groups)
        #expect(templates.sentences.count == 76_564 && templates.terms.count == 50)
        #expect(templates.sentences.labels.reduce(0, +) == 38_282)
        // Each term's own template family and the shared ones; longest match keeps them apart.
        let alone = (0..<templates.sentences.count).filter { groups.groups(of: $0).count == 1 }.count
        #expect(Double(alone) / 76_564 > 0.95)
    }
}
