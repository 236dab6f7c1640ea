import Foundation
import RLEditData
import RLEditTestSupport
import Testing

@Suite("Tar archives")
struct TarReaderTests {
    private func members(_ path: String) throws -> [String: [UInt8]] {
        let archive = try TarReader(path: path)
        var members: [String: [UInt8]] = [:]
        while let member = try archive.next() {
            members[member.path] = try archive.contents(longest: 1 << 20)
        }
        return members
    }

    @Test("ustar, GNU and pax archives give their files, by whatever name is the long one")
    func formats() throws {
        for name in ["ustar.tar", "ustar.tar.gz"] {
            let found = try members(Corpus.path(.tar, name))
            #expect(
                found.keys.sorted()
                    == [
                        "photos/a/._2.jpg", "photos/a/10.JPEG", "photos/a/2.jpg", "photos/b/1.png", "photos/readme.txt",
                    ])
            #expect(found["photos/readme.txt"] == Array("text".utf8))
        }
        let long = "photos/" + String(repeating: "long/", count: 30)
        #expect(try members(Corpus.path(.tar, "gnu-long.tar")).keys.sorted() == ["d/2.png", long + "c/1.png"])
        #expect(try members(Corpus.path(.tar, "pax-long.tar")).keys.sorted() == ["d/2.png", long + "ü/1.png"])
        let prefix = String(repeating: "p", count: 90) + "/" + String(repeating: "q", count: 60)
        #expect(try members(Corpus.path(.tar, "prefix.tar")).keys.sorted() == [prefix + "/c/1.png"])
    }

    @Test("contents that nobody asks for are passed over, and a link has none")
    func links() throws {
        let archive = try TarReader(path: Corpus.path(.tar, "link.tar"))
        var seen: [String] = []
        while let member = try archive.next() { seen.append("\(member.path) \(member.isLink)") }
        #expect(seen == ["a/1.png false", "a/2.png true"])
    }

    @Test("what the system's tar makes is read")
    func systemTar() throws {
        let folder = try TemporaryFolder()
        try folder.write("x/a/1.png", Array(1...255))
        try folder.write("x/a/" + String(repeating: "n", count: 180), [9])
        for format in ["ustar", "gnu", "pax", "v7"] where format != "v7" {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/tar")
            process.arguments = [
                "-C", "\(folder.path)/x", "--format=\(format)", "-czf", "\(folder.path)/\(format)", ".",
            ]
            // ustar cannot hold the long name and leaves it out.
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            #expect(try members("\(folder.path)/\(format)")["a/1.png"] == Array(1...255), "\(format)")
        }
    }

    @Test(
        "faults name the archive and the place",
        arguments: [
            ("climbs.tar", "the path '../b/1.png' leads out of the archive"),
            ("absolute.tar", "the path '/a/1.png' leads out of the archive"),
            ("cut.tar", "it ends inside a member"),
            ("huge-member.tar", "a member has 1152921504606846976 bytes, more than the 1048576 that are read"),
        ])
    func faults(_ name: String, _ message: String) throws {
        let path = Corpus.path(.tar, name)
        let error = #expect(throws: DataError.self) { _ = try members(path) } as DataError?
        #expect(error.map { "\($0)" } == "'\(path)' is not a sound tar archive: \(message)")
    }

    @Test("a header with a wrong checksum, and what is no archive")
    func damage() throws {
        let folder = try TemporaryFolder()
        var bytes = try Corpus.bytes(.tar, "ustar.tar")
        func message(_ bytes: [UInt8]) throws -> String? {
            let path = try folder.write("x", bytes)
            let error = #expect(throws: DataError.self) { _ = try members(path) } as DataError?
            return error.map { "\($0)".replacing(path, with: "x") }
        }
        #expect(try message([1, 2, 3]) == "'x' is not a sound tar archive: it does not begin with a tar header")
        #expect(try message([]) == "'x' is not a sound tar archive: it does not begin with a tar header")
        let second =
            512 + (Int(try #require(Int(String(decoding: bytes[124..<135], as: UTF8.self), radix: 8))) + 511) / 512
            * 512
        bytes[second] ^= 1
        #expect(try message(bytes) == "'x' is not a sound tar archive: a header is damaged (its checksum)")
    }
}
