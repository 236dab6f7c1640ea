import Foundation
import RLEditCore
import RLEditRuns
import RLEditTensor
import Testing

@Suite("Remembered fits")
struct FitCacheTests {
    private func key(_ seed: String, options: JSONObject = ["epochs": 2, "batch": 128]) throws -> String {
        var key = FitKey(engineVersion: "0.1.0", numericKernels: "a")
        key.add(parameter: "fc.weight", try Tensor([1, 2, 3, 4], shape: [2, 2]))
        key.add("data", "abc")
        key.add("seed", seed)
        key.add(options: options)
        return key.finish()
    }

    @Test("Keys depend on contents, not on the order of options, and parts do not run into each other")
    func keys() throws {
        let reference = try key("0")
        #expect(reference.count == 64)
        #expect(try key("0", options: ["batch": 128, "epochs": 2]) == reference)
        #expect(try key("1") != reference)
        #expect(try key("0", options: ["batch": 128, "epochs": 2.0]) != reference)
        #expect(digest { $0.add("ab", "c") } != digest { $0.add("a", "bc") })
        let matrix = try Tensor([1, 2, 3, 4], shape: [2, 2])
        #expect(
            digest { $0.add(parameter: "w", matrix) } != digest { $0.add(parameter: "w", Tensor([1, 2, 3, 4])) })
    }

    private func digest(_ parts: (inout FitKey) -> Void) -> String {
        var key = FitKey(engineVersion: "0", numericKernels: "a")
        parts(&key)
        return key.finish()
    }

    @Test("What was stored is found, in this and in another cache over the same folder")
    func hit() throws {
        let folder = try TemporaryFolder()
        let cache = FitCache(folder: folder.file("a/b"))
        let key = try key("0")
        let parameters = ["w": try Tensor([0.1, -0.0], shape: [2, 1]), "b": Tensor(scalar: 7)]
        #expect(cache.load(key) == nil)
        try cache.store(key, parameters)
        #expect(FitCache(folder: folder.file("a/b")).load(key) == parameters)
        #expect(cache.load(try self.key("1")) == nil)
    }

    @Test("A damaged, renamed or foreign file is a miss and goes away")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let cache = FitCache(folder: folder.path)
        let (one, two) = (try key("1"), try key("2"))
        try cache.store(one, ["w": Tensor([1])])
        try folder.write(folder.bytes("\(one).fit"), "\(two).fit")
        #expect(cache.load(two) == nil)
        try folder.write(Array(folder.bytes("\(one).fit").dropLast()), "\(one).fit")
        #expect(cache.load(one) == nil)
        #expect(folder.names() == [])
        #expect(cache.load("../../etc/passwd") == nil)
    }

    @Test("Over the cap, the fits used longest ago go first")
    func eviction() throws {
        let folder = try TemporaryFolder()
        let keys = try (0..<4).map { try key("\($0)") }
        let tensor = try Tensor.zeros([1000])
        let cache = FitCache(folder: folder.path, capacity: 14_000)
        for (index, key) in keys[..<3].enumerated() {
            try cache.store(key, ["w": tensor])
            let past = Date(timeIntervalSinceNow: Double(index - 10) * 60)
            try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: folder.file("\(key).fit"))
        }
        #expect(cache.load(keys[0]) != nil)
        try cache.store(keys[3], ["w": tensor])
        #expect(keys.map { cache.load($0) != nil } == [true, false, true, true])
        try FitCache(folder: folder.path, capacity: 100).store(keys[1], ["w": tensor])
        #expect(cache.load(keys[1]) == nil)
    }

    @Test("--no-cache neither reads nor writes")
    func disabled() throws {
        let folder = try TemporaryFolder()
        try FitCache(folder: folder.path).store(try key("0"), ["w": Tensor([1])])
        let cache = FitCache(folder: folder.path, isEnabled: false)
        #expect(cache.load(try key("0")) == nil)
        try cache.store(try key("1"), ["w": Tensor([1])])
        #expect(folder.names().count == 1)
    }

    @Test("The folder follows the XDG specification")
    func standard() {
        #expect(FitCache.standard(environment: ["XDG_CACHE_HOME": "/c", "HOME": "/h"]).folder == "/c/rledit/fits")
        #expect(
            FitCache.standard(environment: ["XDG_CACHE_HOME": "c", "HOME": "/h"]).folder == "/h/.cache/rledit/fits")
        #expect(!FitCache.standard(environment: [:]).isEnabled)
    }

    @Test("Many writers and readers of one key see nothing or the whole")
    func concurrent() async throws {
        let folder = try TemporaryFolder()
        let key = try key("0")
        let tensor = try Tensor(repeating: 3, shape: [5000])
        let path = folder.path
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let cache = FitCache(folder: path)
                    try? cache.store(key, ["w": tensor])
                    let read = cache.load(key)
                    return read == nil || read == ["w": tensor]
                }
            }
            for await isWhole in group { #expect(isWhole) }
        }
        #expect(FitCache(folder: path).load(key) == ["w": tensor])
        #expect(folder.names() == ["\(key).fit"])
    }
}
