import Foundation
import RLEditData
import RLEditTensor
import Testing

@Suite("CIFAR and generated objects")
struct CIFARTests {
    let folder: TemporaryFolder
    let pool = WorkerPool(workers: 2)
    var locations: DataLocations {
        DataLocations(dataOption: folder.path, environment: [:], currentFolder: "/nonexistent")
    }
    init() throws { folder = try TemporaryFolder() }

    /// Pictures whose bytes count up from their label.
    private func records(_ labels: [[UInt8]]) -> [UInt8] {
        labels.flatMap { label in label + (0..<3072).map { UInt8(truncatingIfNeeded: $0 + Int(label.last ?? 0)) } }
    }

    private func write(_ place: String) throws {
        for number in 1...5 { try folder.write("\(place)data_batch_\(number).bin", records([[UInt8(number)], [0]])) }
        try folder.write("\(place)test_batch.bin", records([[9]]))
    }

    @Test(
        "CIFAR-10 is read in its order, from any of its places",
        arguments: ["", "cifar10/", "cifar10/cifar-10-batches-bin/", "cifar-10-batches-bin/"])
    func binaries(_ place: String) throws {
        try write(place)
        let data = try CIFAR.cifar10(locations: locations, pool: pool)
        #expect(data.train.labels == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0])
        #expect(data.test.labels == [9])
        #expect(data.test.exampleShape == [3, 32, 32])
        #expect(data.source == "cifar10" && data.classes.count == 10 && data.classes[9] == "truck")
        #expect(try data.test.allInputs().scalars == (0..<3072).map { Float(($0 + 9) % 256) / 255 })
        #expect(try Objects.objects(locations: locations, pool: pool).hash == data.hash)
    }

    @Test("CIFAR-100 has two sorts of labels, and the names beside it")
    func hundred() throws {
        try folder.write("cifar100/train.bin", records([[19, 99], [0, 5]]))
        try folder.write("cifar100/test.bin", records([[3, 4]]))
        let fine = try CIFAR.cifar100(locations: locations)
        #expect(fine.train.labels == [99, 5] && fine.classes[99] == "99")
        let names = (0..<20).map { "group \($0)" }
        try folder.write("cifar100/coarse_label_names.txt", Array((names.joined(separator: "\n") + "\n\n").utf8))
        let coarse = try CIFAR.cifar100(isCoarse: true, locations: locations)
        #expect(coarse.train.labels == [19, 0] && coarse.classes == names)
    }

    @Test("files that are missing, cut off or of another kind are named")
    func faults() throws {
        func message() -> String? {
            let error =
                #expect(throws: DataError.self) { _ = try Objects.objects(locations: locations, pool: pool) }
                as DataError?
            return error.map { "\($0)".replacing(folder.path, with: "…") }
        }
        let absent =
            #expect(throws: DataError.self) { _ = try CIFAR.cifar10(locations: locations, pool: pool) } as DataError?
        #expect(absent.map { "\($0)".hasPrefix("CIFAR-10 was not found (searched \(folder.path)/cifar10, ") } == true)
        try write("cifar10/")
        try folder.write("cifar10/data_batch_3.bin", [1, 2, 3])
        #expect(
            message()
                == "'…/cifar10/data_batch_3.bin' has 3 bytes, expected a multiple of 3073: it is no file of CIFAR's binary "
                + "version, or cut off")
        try folder.write("cifar10/data_batch_3.bin", records([[10]]))
        #expect(
            message()
                == "'…/cifar10/data_batch_3.bin': label 10 of example 5 is out of range: labels begin at 0 and go to 9")
        try FileManager.default.removeItem(atPath: "\(folder.path)/cifar10/data_batch_3.bin")
        #expect(message() == "CIFAR-10 in '…/cifar10' is incomplete: missing data_batch_3.bin")
    }

    @Test("generated objects are the same for any number of workers, and on every machine")
    func objects() throws {
        let one = try Objects.generated(trainCount: 300, testCount: 40, pool: WorkerPool(workers: 1))
        let three = try Objects.generated(trainCount: 300, testCount: 40, pool: WorkerPool(workers: 3))
        #expect(one.hash == three.hash)
        #expect(one.classes == Objects.classes && one.classes == one.classes.sorted())
        #expect(one.train.classCounts.count == 10)
        let larger = try Objects.generated(trainCount: 310, testCount: 0, pool: pool).train
        #expect(try larger.take(300).contentHash == one.train.contentHash)
        #expect(
            try Objects.generated(seed: 1, trainCount: 300, testCount: 0, pool: pool).train.contentHash
                != one.train.contentHash)
        #expect(one.train.contentHash == "2e617c0879b03656bb47012031defe8eb2759aed492c2953d1a65f0a954d8edd")
        #expect(throws: DataError.self) { _ = try Objects.generated(trainCount: -1, pool: pool) }
    }
}
