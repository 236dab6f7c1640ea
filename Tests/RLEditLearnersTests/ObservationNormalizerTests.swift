import RLEditLearners
import RLEditTensor
import RLEditWorlds
import Testing

@Suite struct ObservationNormalizerTests {
    @Test("Mean and variance over batches are those of all rows together") func statistics() throws {
        var random = RandomStream(seed: 1)
        let batches = [3, 1, 8, 5].map { count in (0..<count).map { _ in [random.normal() * 4 + 10, random.normal()] } }
        var normalizer = try ObservationNormalizer(features: 2, clip: 10)
        for batch in batches {
            try normalizer.observe(.distinct(Tensor(batch.flatMap { $0 }, shape: [batch.count, 2])))
        }
        let rows = batches.flatMap { $0 }
        #expect(normalizer.count == 17)
        for feature in 0..<2 {
            let values = rows.map { Double($0[feature]) }
            let mean = values.reduce(0, +) / 17
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 17
            #expect(abs(Double(normalizer.mean.scalars[feature]) - mean) < 1e-5)
            #expect(abs(Double(normalizer.variance.scalars[feature]) - variance) < 1e-4)
        }
    }

    @Test("A shared row counts once for each environment") func shared() throws {
        var shared = try ObservationNormalizer(features: 2, clip: 10)
        var distinct = shared
        try shared.observe(.distinct(Tensor([5, 5], shape: [1, 2])))
        try shared.observe(.shared(Tensor([1, 2]), environments: 3))
        try distinct.observe(.distinct(Tensor([5, 5], shape: [1, 2])))
        try distinct.observe(.distinct(Tensor([1, 2, 1, 2, 1, 2], shape: [3, 2])))
        #expect(shared.mean == distinct.mean)
        #expect(shared.variance == distinct.variance)
        #expect(shared.count == 4)
    }

    @Test("Features are standardized and clipped; one that never varies stays finite") func normalize() throws {
        var normalizer = try ObservationNormalizer(features: 2, clip: 2)
        try normalizer.observe(.distinct(Tensor([1, 7, 3, 7], shape: [2, 2])))
        let result = try normalizer.normalize(.distinct(Tensor([3, 7, 100, 7], shape: [2, 2]))).rows().scalars
        #expect(abs(result[0] - 1) < 1e-6)
        #expect(result[1] == 0 && result[2] == 2 && result[3] == 0)
    }
}
