import RLEditLearners
import RLEditTensor
import RLEditWorlds
import Testing

@Suite struct RolloutBufferTests {
    private func buffer(_ observations: [ObservationBatch]) throws -> RolloutBuffer {
        var buffer = RolloutBuffer(environments: 2, steps: observations.count, actionSize: 1)
        for (step, observation) in observations.enumerated() {
            #expect(!buffer.isFull)
            try buffer.append(
                observation: observation, actions: Tensor([Float(step), Float(step) + 0.5], shape: [2, 1]),
                logProbabilities: [0, 0], values: [0, 0])
            #expect(buffer.awaitsReward && !buffer.isFull)
            buffer.complete(
                rewards: [0, 0], terminated: [false, false], truncated: [false, false], nextValues: [0, 0])
            #expect(!buffer.awaitsReward)
        }
        #expect(buffer.isFull)
        return buffer
    }

    @Test("Equal shared rows are recognized as one row, also in memory of their own") func shared() throws {
        let same = try buffer([
            .shared(Tensor([1, 2, 3]), environments: 2), .shared(Tensor([1, 2, 3]), environments: 2),
        ])
        #expect(try #require(same.sharedObservation) == Tensor([1, 2, 3], shape: [1, 3]))
        let changing = try buffer([
            .shared(Tensor([1, 2, 3]), environments: 2), .shared(Tensor([1, 2, 4]), environments: 2),
        ])
        #expect(changing.sharedObservation == nil)
        let mixed = try buffer([
            .shared(Tensor([1, 2]), environments: 2), .distinct(Tensor([1, 2, 1, 2], shape: [2, 2])),
        ])
        #expect(mixed.sharedObservation == nil)
    }

    @Test("Transitions are gathered in the order asked for, from shared and distinct steps alike") func gather() throws
    {
        let mixed = try buffer([
            .shared(Tensor([1, 2]), environments: 2), .distinct(Tensor([3, 4, 5, 6], shape: [2, 2])),
        ])
        let rows = try mixed.observations(of: [3, 0, 1, 2])
        #expect(rows == (try Tensor([5, 6, 1, 2, 1, 2, 3, 4], shape: [4, 2])))
        #expect((0..<4).map { mixed.withAction($0) { $0.pointee } } == [0, 0.5, 1, 1.5])
    }
}
