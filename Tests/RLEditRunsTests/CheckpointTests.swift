import Foundation
import RLEditLearners
import RLEditRuns
import RLEditTensor
import Testing

@Suite("Checkpoints")
struct CheckpointTests {
    private func sample(_ evaluations: Int = 256) throws -> Checkpoint {
        var learner = LearnerSnapshot()
        learner.tensors = ["policy.weight": try Tensor([0.1, -0.0, .infinity, .leastNonzeroMagnitude], shape: [2, 2])]
        learner.integers = ["updates": 3, "large": .max]
        learner.numbers = ["scale": 0.1 + 0.2, "best": -.infinity, "zero": -0.0]
        learner.vectors = ["covariance": [0.1 + 0.2, -0.0, 1e-300], "nothing": []]
        var stream = RandomStream(seed: .max, name: "policy")
        for _ in 0..<5 { _ = stream.nextWord() }
        learner.streams = ["policy": stream]
        var checkpoint = Checkpoint(evaluations: evaluations, learner: learner)
        checkpoint.best = .init(actions: Tensor([0.5, -1]), reward: 1.95, evaluation: 77)
        checkpoint.counters = ["episode": 256]
        checkpoint.numbers = ["seconds": 1.0 / 3]
        checkpoint.streams = ["lua": stream.split("lua")]
        checkpoint.tensors = ["observation": try Tensor.zeros([0, 3])]
        checkpoint.logOffsets = [RunFolder.metricsName: 1234]
        checkpoint.environment = Array(0...255)
        checkpoint.script = Array("return {}".utf8)
        return checkpoint
    }

    @Test("Everything comes back to the bit, and equal checkpoints give equal bytes")
    func roundTrip() throws {
        let checkpoint = try sample()
        let bytes = try checkpoint.encoded()
        let read = try Checkpoint(decoding: bytes, path: "c")
        #expect(read == checkpoint)
        #expect(read.learner.numbers["zero"]?.sign == .minus)
        #expect(read.learner.tensors["policy.weight"]?.scalars[1].sign == .minus)
        var before = checkpoint.learner.streams["policy"]
        var after = read.learner.streams["policy"]
        for _ in 0..<10 { #expect(before?.nextWord() == after?.nextWord()) }
        #expect(try sample().encoded() == bytes)
    }

    @Test("A file cut at any byte, or with any byte changed, is refused")
    func damage() throws {
        let bytes = try sample().encoded()
        for length in 0..<bytes.count {
            #expect(throws: DamagedFileError.self) { try Checkpoint(decoding: Array(bytes[..<length]), path: "c") }
        }
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1
            #expect(throws: DamagedFileError.self) { try Checkpoint(decoding: changed, path: "c") }
        }
        #expect(throws: DamagedFileError.self) { try Checkpoint(decoding: bytes + [0], path: "c") }
        #expect(
            failure { _ = try Checkpoint(decoding: Array("hello, world".utf8), path: "c") } == "'c' is not a checkpoint"
        )
    }

    @Test("The newest two and the best are kept")
    func kept() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder.create(at: folder.file("run"))
        let store = CheckpointStore(in: run)
        #expect(try store.loadBest() == nil)
        for step in 1...4 { try store.save(try sample(256 * step), isBest: step == 2) }
        #expect(
            folder.names("run/checkpoints") == [
                "best.checkpoint", "evaluation-000000000768.checkpoint", "evaluation-000000001024.checkpoint",
            ])
        #expect(try store.loadLatest().checkpoint.evaluations == 1024)
        #expect(try store.loadBest()?.evaluations == 512)
    }

    @Test("Damage to the newest costs one interval; damage to all is one clear error")
    func fallBack() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder.create(at: folder.file("run"))
        let store = CheckpointStore(in: run)
        #expect(failure { _ = try store.loadLatest() }?.contains("holds no checkpoint") == true)
        for step in 1...2 { try store.save(try sample(256 * step)) }
        let newest = "run/checkpoints/evaluation-000000000512.checkpoint"
        try folder.write(Array(folder.bytes(newest).dropLast(9)), newest)
        let loaded = try store.loadLatest()
        #expect(loaded.checkpoint.evaluations == 256)
        #expect(loaded.passedOver.count == 1)
        #expect("\(loaded.passedOver[0])".contains("do not match their SHA-256"))
        try folder.write([], "run/checkpoints/evaluation-000000000256.checkpoint")
        #expect(failure { _ = try store.loadLatest() }?.contains("holds no usable checkpoint") == true)
    }

    @Test("A checkpoint that cannot be written leaves the earlier ones")
    func failedWrite() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder.create(at: folder.file("run"))
        let store = CheckpointStore(in: run)
        try store.save(try sample(256))
        try FileManager.default.createDirectory(
            atPath: folder.file("run/checkpoints/evaluation-000000000512.checkpoint"),
            withIntermediateDirectories: false)
        #expect(failure { try store.save(try sample(512)) }?.contains("Is a directory") == true)
        #expect(try store.loadLatest().checkpoint.evaluations == 256)
    }
}
