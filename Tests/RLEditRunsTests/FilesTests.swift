import Foundation
import RLEditRuns
import Testing

@Suite("Atomic files")
struct FilesTests {
    @Test("A file is written, replaced, and leaves nothing beside it")
    func replaces() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write("one", to: folder.file("a.txt"))
        try AtomicFile.write("two", to: folder.file("a.txt"))
        #expect(folder.text("a.txt") == "two")
        #expect(folder.names() == ["a.txt"])
    }

    @Test("A temporary file that a killed process left does not block one with its number")
    func staleTemporary() throws {
        let folder = try TemporaryFolder()
        let process = ProcessInfo.processInfo.processIdentifier
        for number in 1...2_000 { try folder.write("", "a.\(process).\(number).tmp") }
        try AtomicFile.write("whole", to: folder.file("a"))
        #expect(folder.text("a") == "whole")
    }

    @Test("Errors name the path and the cause")
    func causes() throws {
        let folder = try TemporaryFolder()
        try folder.write("", "plain")
        #expect(
            failure { try AtomicFile.write("x", to: folder.file("plain/a.txt")) }
                == "cannot write '\(folder.file("plain/a.txt"))': Not a directory")
        #expect(
            failure { try AtomicFile.write("x", to: folder.file("gone/a.txt")) }
                == "cannot write '\(folder.file("gone/a.txt"))': No such file or directory")
        try FileManager.default.createDirectory(atPath: folder.file("taken"), withIntermediateDirectories: false)
        #expect(
            failure { try AtomicFile.write("x", to: folder.file("taken")) }
                == "cannot write '\(folder.file("taken"))': Is a directory")
        #expect(folder.names() == ["plain", "taken"])
    }

    @Test("A full disk is an error that says so")
    func fullDisk() throws {
        let log = try AppendLog(creating: "/dev/full")
        try log.append(line: "x")
        #expect(failure { try log.flush() } == "cannot write '/dev/full': No space left on device")
    }
}
