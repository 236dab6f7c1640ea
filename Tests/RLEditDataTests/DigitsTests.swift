import Foundation
import RLEditData
import RLEditTensor
import Testing

@Suite("Digits")
struct DigitsTests {
    @Test("generated digits are the same bytes on every machine")
    func golden() throws {
        let digits = try Digits.generated(seed: 0, trainCount: 500, testCount: 100)
        #expect(digits.train.contentHash == "37c0ba26a62c5f01d804112163aabc5ff6045b3458fc98a1e45912c07924d70b")
        #expect(digits.test.contentHash == "f4eb9d3212d3ca18d096ed858aebece8807ccd1234b911df06bc2afcfaae29d5")
    }

    @Test("the number of workers does not change a byte, nor does the size of the set change its first images")
    func independence() throws {
        let one = try Digits.generated(seed: 3, trainCount: 1000, testCount: 10, pool: WorkerPool(workers: 1))
        let three = try Digits.generated(seed: 3, trainCount: 1000, testCount: 10, pool: WorkerPool(workers: 3))
        #expect(one.hash == three.hash)
        let smaller = try Digits.generated(seed: 3, trainCount: 300, testCount: 10)
        #expect(try smaller.train.contentHash == one.train.take(300).contentHash)
        #expect(try Digits.generated(seed: 4, trainCount: 300, testCount: 10).hash != smaller.hash)
        #expect(try one.train.take(10).contentHash != one.test.contentHash)
    }

    @Test("they are grey images of all ten digits, inked in the middle and not at the border")
    func look() throws {
        let train = try Digits.generated(trainCount: 5000, testCount: 0).train
        #expect(train.exampleShape == [1, 28, 28])
        #expect(train.classCounts.map(\.label) == Array(0...9))
        #expect(train.classCounts.allSatisfy { (400...600).contains($0.count) })
        #expect(train.source == "generated")
        let images = try train.allInputs().reshaped([5000, 28, 28])
        #expect(try images.min().item() == 0)
        #expect(try images.max().item() == 1)
        // About as much ink as MNIST's 0.13.
        #expect((0.1...0.17).contains(try images.mean().item()))
        let border = try images.slice([0..<5000, 0..<28, 0..<1]).mean().item()
        let middle = try images.slice([0..<5000, 8..<20, 10..<18]).mean().item()
        #expect(border < 0.03)
        #expect(middle > 0.25)
        // No image is empty.
        #expect(try images.sum([1, 2]).min().item() > 10)
    }

    @Test("they can be told apart, though not by the nearest mean image alone")
    func separability() throws {
        let digits = try Digits.generated(trainCount: 4000, testCount: 1000)
        let images = try digits.train.allInputs().reshaped([4000, 784])
        var means: [Tensor] = []
        for digit in 0...9 {
            let members = digits.train.labels.indices.filter { digits.train.labels[$0] == digit }
            means.append(try images.indexSelect(members).mean([0]))
        }
        let centres = try Tensor.stack(means)
        let test = try digits.test.allInputs().reshaped([1000, 784])
        // |x − c|² up to |x|², which is the same for all centres.
        let distances = try centres.square().sum([1]).sub(test.matmul(centres, transposeOther: true).mul(2))
        let guesses = try distances.argmin(dimension: 1)
        let right = zip(guesses, digits.test.labels).count { $0 == $1 }
        #expect((600...950).contains(right))
    }

    @Test("a senseless size is an error")
    func sizes() {
        #expect(throws: DataError.self) { try Digits.generated(trainCount: -1) }
        #expect(throws: DataError.self) { try Digits.generated(testCount: .max) }
    }

    private func write(_ folder: TemporaryFolder, under name: String, without missing: String? = nil) throws {
        let files: [(String, [UInt8])] = [
            ("train-images-idx3-ubyte", idx(magic: 0x803, [2, 28, 28], [UInt8](repeating: 9, count: 1568))),
            ("train-labels-idx1-ubyte", idx(magic: 0x801, [2], [4, 7])),
            ("t10k-images-idx3-ubyte", idx(magic: 0x803, [1, 28, 28], [UInt8](repeating: 8, count: 784))),
            ("t10k-labels-idx1-ubyte", idx(magic: 0x801, [1], [1])),
        ]
        for (file, bytes) in files where file != missing { try folder.write("\(name)/\(file)", bytes) }
    }

    private func locations(_ folder: TemporaryFolder) -> DataLocations {
        DataLocations(environment: [:], currentFolder: folder.path)
    }

    @Test("MNIST is found in mnist/ and in the root itself, plain or compressed", arguments: ["data/mnist", "data"])
    func mnistFound(place: String) throws {
        let folder = try TemporaryFolder()
        try write(folder, under: place)
        _ = try folder.gzip("\(place)/train-images-idx3-ubyte")
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(place)/train-images-idx3-ubyte")
        let digits = try Digits.digits(locations: locations(folder))
        #expect(digits.source == "mnist")
        #expect(digits.train.labels == [4, 7])
        #expect(digits.test.count == 1)
    }

    @Test("without MNIST, mnist() names the folders and the remedy, and digits() draws")
    func mnistAbsent() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: DataError.self) { try Digits.mnist(locations: locations(folder)) }
        #expect(
            error.map { "\($0)" }
                == "MNIST was not found (searched \(folder.path)/data/mnist, \(folder.path)/data); "
                + "fetch it with scripts/fetch-data, or name its folder with --data")
        let digits = try Digits.digits(locations: locations(folder))
        #expect(digits.source == "generated")
        #expect(digits.train.count == Digits.defaultTrainCount)
        #expect(digits.test.count == Digits.defaultTestCount)
    }

    @Test("incomplete or damaged MNIST is an error, never replaced in silence")
    func mnistDamaged() throws {
        let folder = try TemporaryFolder()
        try write(folder, under: "data/mnist", without: "t10k-labels-idx1-ubyte")
        #expect(
            throws: DataError.mnistIncomplete(folder: "\(folder.path)/data/mnist", missing: ["t10k-labels-idx1-ubyte"])
        ) {
            try Digits.digits(locations: locations(folder))
        }
        let label = try folder.write("data/mnist/t10k-labels-idx1-ubyte", idx(magic: 0x801, [1], [12]))
        #expect(throws: DataError.labelOutOfRange(source: label, position: 0, label: 12, classes: 10)) {
            try Digits.digits(locations: locations(folder))
        }
    }

    @Test(
        "the real MNIST has its published sizes, counts and bytes",
        .enabled(if: ProcessInfo.processInfo.environment["RLEDIT_DATA"] != nil))
    func realMNIST() throws {
        let digits = try Digits.mnist()
        #expect(digits.train.count == 60_000)
        #expect(digits.test.count == 10_000)
        #expect(digits.train.classCounts.map(\.count) == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
        #expect(digits.test.classCounts.map(\.count) == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
        #expect(Array(digits.train.labels.prefix(5)) == [5, 0, 4, 1, 9])
        // Mean and deviation that the literature standardizes with.
        let images = try digits.train.allInputs()
        #expect(abs(try images.mean().item() - 0.1307) < 5e-5)
        #expect(abs(try images.standardDeviation().item() - 0.3081) < 5e-5)
        #expect(digits.hash == "70dffa48fba445a9800a599da4762b5befefcd9bf9364992ee15ca34b654b109")
    }
}
