internal import Foundation
internal import RLEditData
internal import RLEditTensor
internal import RLEditWorlds

extension ChangedAnswers {
    /// Examples whose answer differs between the unedited network and an edit of it, set by set.
    static func find(by edits: [LayerEdit], on evaluator: Evaluator) throws -> [ChangedAnswers] {
        var found = try evaluator.sets.indices.prefix(most).map { set in
            try changes(
                of: evaluator.sets[set],
                from: evaluator.scores(evaluator.layers.map { _ in .unchanged }, set: set),
                to: evaluator.scores(edits, set: set), classes: evaluator.classes)
        }
        // All sets in which something changed get the same room.
        let room = max(1, most / max(1, found.count { $0.changed > 0 }))
        // Sets may share examples: each is shown once.
        var seen: [Content] = []
        for index in found.indices {
            let new = found[index].shown.filter { $0.content == .none || !seen.contains($0.content) }
            found[index].shown = Array(new.prefix(room))
            seen += found[index].shown.map(\.content)
        }
        return found
    }

    private static func changes(
        of set: NamedSet, from before: Tensor, to after: Tensor, classes: Int
    ) throws -> ChangedAnswers {
        let examples = set.examples
        var changed: [(index: Int, before: Answer, after: Answer, distance: Double)] = []
        before.withUnsafeBufferPointer { before in
            after.withUnsafeBufferPointer { after in
                for index in 0..<examples.count {
                    let row = index * classes..<(index + 1) * classes
                    let (old, new) = (best(before[row]), best(after[row]))
                    guard old != new else { continue }
                    let (p, q) = (probabilities(before[row]), probabilities(after[row]))
                    let distance = zip(p, q).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
                    changed.append(
                        (
                            index, Answer(label: old, probability: p[old]), Answer(label: new, probability: q[new]),
                            distance.isFinite ? distance : 1
                        ))
                }
            }
        }
        changed.sort { ($1.distance, $0.index) < ($0.distance, $1.index) }
        let labels = examples.labels
        let shown = try changed.prefix(most).map { change in
            Example(
                number: change.index + 1, label: labels[change.index], before: change.before, after: change.after,
                content: try content(of: examples, change.index))
        }
        return ChangedAnswers(set: set.name, examples: examples.count, changed: changed.count, shown: shown)
    }

    /// The lowest class wins a tie, as in `PredictedClass`. Unlike there, scores with NaN name a class too: an answer that is
    /// shown needs one.
    private static func best(_ scores: Slice<UnsafeBufferPointer<Float>>) -> Int {
        var best = scores.startIndex
        for index in scores.indices where scores[index] > scores[best] { best = index }
        return best - scores.startIndex
    }

    /// Softmax.
    private static func probabilities(_ scores: Slice<UnsafeBufferPointer<Float>>) -> [Double] {
        let largest = Double(scores.max() ?? 0)
        let weights = scores.map { exp(Double($0) - largest) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    private static func content(of set: ExampleSet, _ index: Int) throws -> Content {
        if let text = set.text(index) { return .text(line(text)) }
        let shape = set.exampleShape
        guard shape.count == 2 || shape.count == 3, let width = shape.last, let height = shape.dropLast().last,
            width > 1, height > 1
        else { return .none }
        let values = try set.inputs(at: [index]).scalars
        return .picture(picture(values, channels: shape.count == 3 ? shape[0] : 1, height, width).base64)
    }

    /// A picture in grey, or in colour for three channels; in means of square blocks where it is large. Values between 0
    /// and 1 are shown as they are, others between the smallest and the largest of the picture.
    private static func picture(_ values: [Float], channels: Int, _ height: Int, _ width: Int) -> Bitmap {
        let known = values.filter(\.isFinite)
        var (low, high) = (Double(known.min() ?? 0), Double(known.max() ?? 1))
        if low >= 0, high <= 1 { (low, high) = (0, 1) }
        let block = (max(height, width) + mostPixels - 1) / mostPixels
        return Bitmap(width: (width + block - 1) / block, height: (height + block - 1) / block) { column, row in
            let rows = row * block..<min((row + 1) * block, height)
            let columns = column * block..<min((column + 1) * block, width)
            func mean(_ channels: Range<Int>) -> Double {
                var sum = 0.0
                for channel in channels {
                    for y in rows { for x in columns { sum += Double(values[(channel * height + y) * width + x]) } }
                }
                let level = (sum / Double(channels.count * rows.count * columns.count) - low) / (high - low)
                return level.isFinite ? 255 * level : 0
            }
            let parts = channels == 3 ? [0..<1, 1..<2, 2..<3] : Array(repeating: 0..<channels, count: 3)
            let levels = parts.map(mean)
            return [levels[0], levels[1], levels[2], 255]
        }
    }
}
