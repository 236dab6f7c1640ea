internal import Foundation
package import RLEditNN
internal import RLEditTensor

/// γ CE(label) + α KL(softmax(teacher/T) ‖ softmax(student/T)), a mean over rows (Hinton, Vinyals and Dean, *Distilling
/// the knowledge in a neural network*, 2015, without the factor T² that they give the divergence). Targets are
/// ``Targets/distillation(labels:teacher:)``.
package struct Distillation: BatchObjective {
    /// T, above 0.
    package let temperature: Double
    /// γ
    package let crossEntropyWeight: Double
    /// α
    package let divergenceWeight: Double

    package init(temperature: Double, crossEntropyWeight: Double, divergenceWeight: Double) {
        self.temperature = temperature
        self.crossEntropyWeight = crossEntropyWeight
        self.divergenceWeight = divergenceWeight
    }

    package func termsPerRow(_ shape: [Int]) -> Int { 1 }

    package func evaluate(
        _ outputs: UnsafePointer<Float>, rows: Int, shape: [Int], _ targets: Targets, scale: Float,
        gradient: UnsafeMutablePointer<Float>?
    ) throws(NetworkError) -> ObjectiveTerms {
        guard shape.count == 1, let classes = shape.first, case .distillation(let labels, let teacher) = targets,
            teacher.shape == [rows, classes]
        else {
            throw .targets(
                loss: "distillation", expected: "labels and a teacher's outputs \([rows] + shape)", actual: "others")
        }
        var terms = ObjectiveTerms(count: rows, correct: 0)
        try teacher.withUnsafeBufferPointer { teacher throws(NetworkError) in
            for row in 0..<rows {
                guard (0..<classes).contains(labels[row]) else {
                    throw .labelOutOfRange(label: labels[row], classes: classes, example: row)
                }
                let student = UnsafeBufferPointer(start: outputs + row * classes, count: classes)
                let plain = Softened(student, temperature: 1)
                let mine = Softened(student, temperature: temperature)
                let theirs = Softened(
                    UnsafeBufferPointer(rebasing: teacher[(row * classes)..<((row + 1) * classes)]),
                    temperature: temperature)
                var divergence = 0.0
                for index in 0..<classes {
                    let probability = theirs.probability(index)
                    divergence += probability * (theirs.logProbability(index) - mine.logProbability(index))
                    guard let gradient else { continue }
                    let ofCrossEntropy = plain.probability(index) - (index == labels[row] ? 1 : 0)
                    let ofDivergence = (mine.probability(index) - probability) / temperature
                    gradient[row * classes + index] =
                        scale * Float(crossEntropyWeight * ofCrossEntropy + divergenceWeight * ofDivergence)
                }
                terms.sum -= crossEntropyWeight * plain.logProbability(labels[row])
                terms.sum += divergenceWeight * divergence
                if plain.largest == labels[row] { terms.correct? += 1 }
            }
        }
        return terms
    }
}

/// −log(1 − p(label)), a mean over rows: what takes probability away from a label, with a gradient that fades once it
/// is gone (Welleck et al., *Neural text generation with unlikelihood training*, ICLR 2020, eq. 4).
package struct Unlikelihood: BatchObjective {
    package init() {}

    package func termsPerRow(_ shape: [Int]) -> Int { 1 }

    package func evaluate(
        _ outputs: UnsafePointer<Float>, rows: Int, shape: [Int], _ targets: Targets, scale: Float,
        gradient: UnsafeMutablePointer<Float>?
    ) throws(NetworkError) -> ObjectiveTerms {
        guard shape.count == 1, let classes = shape.first, classes > 1, case .classes(let labels) = targets,
            labels.count == rows
        else {
            throw .targets(loss: "unlikelihood", expected: "\(rows) class labels, one per row", actual: "others")
        }
        var terms = ObjectiveTerms(count: rows, correct: 0)
        for row in 0..<rows {
            let label = labels[row]
            guard (0..<classes).contains(label) else {
                throw .labelOutOfRange(label: label, classes: classes, example: row)
            }
            let scores = Softened(
                UnsafeBufferPointer(start: outputs + row * classes, count: classes), temperature: 1)
            // 1 − p as the sum of the others, which keeps its digits when p is nearly 1.
            let others = max(
                (0..<classes).reduce(0.0) { $0 + ($1 == label ? 0 : scores.probability($1)) }, 1e-30)
            terms.sum -= log(others)
            if scores.largest == label { terms.correct? += 1 }
            guard let gradient else { continue }
            let probability = scores.probability(label)
            for index in 0..<classes {
                // ∂(−log(1 − p))/∂z: p for the label, −p q/(1 − p) for another class of probability q.
                let slope =
                    index == label ? probability : -probability * scores.probability(index) / others
                gradient[row * classes + index] = scale * Float(slope)
            }
        }
        return terms
    }
}

/// The distribution that scores give at a temperature.
private struct Softened {
    private let scores: [Double]
    private let normalizer: Double
    /// The class of the largest score, as ``PredictedClass`` has it.
    let largest: Int

    init(_ scores: UnsafeBufferPointer<Float>, temperature: Double) {
        let softened = scores.map { Double($0) / temperature }
        largest = PredictedClass.of(scores)
        let highest = softened.max() ?? 0
        normalizer = highest + log(softened.reduce(0.0) { $0 + exp($1 - highest) })
        self.scores = softened
    }

    func logProbability(_ index: Int) -> Double { scores[index] - normalizer }
    func probability(_ index: Int) -> Double { exp(scores[index] - normalizer) }
}
