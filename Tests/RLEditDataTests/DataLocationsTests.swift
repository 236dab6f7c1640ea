import Foundation
import RLEditData
import Testing

@Suite("Where data are looked for")
struct DataLocationsTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func locations(data: String? = nil, allowed: [String] = [], trusted: Bool = false) -> DataLocations {
        DataLocations(
            dataOption: data,
            environment: ["RLEDIT_DATA": "\(folder.path)/env", "XDG_DATA_HOME": "\(folder.path)/xdg"],
            currentFolder: folder.path, allowedFiles: allowed, isUnrestricted: trusted)
    }

    @Test("roots are --data, RLEDIT_DATA, the XDG data home and ./data, in this order")
    func order() {
        let path = folder.path
        #expect(
            locations(data: "mine").roots == ["\(path)/mine", "\(path)/env", "\(path)/xdg/rledit", "\(path)/data"])
        let plain = DataLocations(environment: ["HOME": "/home/someone"], currentFolder: path)
        #expect(plain.roots == ["/home/someone/.local/share/rledit", "\(path)/data"])
        let odd = DataLocations(environment: ["RLEDIT_DATA": "", "XDG_DATA_HOME": "relative"], currentFolder: path)
        #expect(odd.roots == ["\(path)/data"])
    }

    @Test("the first root that holds the file wins")
    func firstRoot() throws {
        let inEnvironment = try folder.write("env/set.csv", [1])
        try folder.write("data/set.csv", [2])
        let local = try folder.write("data/deep/other.csv", [3])
        #expect(try locations().resolve("set.csv") == inEnvironment)
        #expect(try locations().resolve("deep/other.csv") == local)
        #expect(
            throws: DataError.fileNotFound(
                path: "no.csv", searched: ["\(folder.path)/env", "\(folder.path)/xdg/rledit", "\(folder.path)/data"])
        ) {
            try locations().resolve("no.csv")
        }
    }

    @Test(
        "paths that lead elsewhere are refused",
        arguments: ["/etc/passwd", "../secret", "a/../../secret", "..", "", "set.csv\u{0}.png", "/"])
    func refused(path: String) throws {
        try folder.write("secret", [1])
        try folder.write("data/set.csv", [1])
        let error = #expect(throws: DataError.self) { try locations().resolve(path) }
        guard case .pathRefused = error else {
            Issue.record("expected a refusal, got \(String(describing: error))")
            return
        }
    }

    @Test("a file of the current folder that no root holds is said to exist, and needs --allow")
    func currentFolder() throws {
        let path = try folder.write("mine.csv", [1])
        let error = #expect(throws: DataError.self) { try locations().resolve("mine.csv") }
        #expect(
            error.map { "\($0)" }
                == "path 'mine.csv' is refused: the file exists in the current folder, which is no data root; "
                + "that needs --allow mine.csv")
        #expect(try locations(allowed: ["mine.csv"]).resolve("mine.csv") == path)
    }

    @Test("a refusal names the option that allows the file")
    func refusalMessage() {
        let error = #expect(throws: DataError.self) { try locations().resolve("/etc/passwd") }
        #expect(
            error.map { "\($0)" } == "path '/etc/passwd' is refused: absolute paths need --allow FILE")
    }

    @Test("links may not lead out of their root, but within it they may")
    func links() throws {
        let secret = try folder.write("secret", [1])
        let real = try folder.write("data/real.csv", [1])
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: "\(folder.path)/data/out", withDestinationPath: secret)
        try manager.createSymbolicLink(atPath: "\(folder.path)/data/up", withDestinationPath: folder.path)
        try manager.createSymbolicLink(atPath: "\(folder.path)/data/in", withDestinationPath: real)
        for path in ["out", "up/secret"] {
            let error = #expect(throws: DataError.self) { try locations().resolve(path) }
            guard case .pathRefused = error else {
                Issue.record("expected a refusal, got \(String(describing: error))")
                return
            }
        }
        #expect(try locations().resolve("in") == real)
        // A root that is a link itself is followed.
        try manager.createSymbolicLink(atPath: "\(folder.path)/mine", withDestinationPath: "\(folder.path)/data")
        #expect(try locations(data: "mine").resolve("real.csv") == real)
        // A folder whose name begins like the root's is not inside it.
        try folder.write("data2/near", [1])
        try manager.createSymbolicLink(
            atPath: "\(folder.path)/data/near", withDestinationPath: "\(folder.path)/data2/near")
        #expect(throws: DataError.self) { try locations().resolve("near") }
    }

    @Test("allowed files are reached by any path that leads to them, others stay refused")
    func allowed() throws {
        let model = try folder.write("models/net.safetensors", [1])
        try folder.write("models/other.safetensors", [1])
        let locations = locations(allowed: ["models/net.safetensors"])
        #expect(try locations.resolve(model) == model)
        #expect(try locations.resolve("models/net.safetensors") == model)
        #expect(try locations.resolve("models/../models/net.safetensors") == model)
        #expect(throws: DataError.self) { try locations.resolve("\(folder.path)/models/other.safetensors") }
    }

    @Test("a trusted run reads any file")
    func trusted() throws {
        let secret = try folder.write("secret", [1])
        #expect(try locations(trusted: true).resolve(secret) == secret)
        #expect(try locations(trusted: true).resolve("secret") == secret)
        #expect(throws: DataError.fileNotFound(path: "/nowhere", searched: ["/"])) {
            try locations(trusted: true).resolve("/nowhere")
        }
    }
}
