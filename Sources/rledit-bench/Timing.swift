internal import Foundation

/// Seconds that one call takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    try body()
    return (clock.now - start) / .seconds(1)
}

/// Processor seconds of this process during one call: other programs on the machine do not count.
func processorSeconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let start = now()
    try body()
    return now() - start
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard let middle = sorted.dropFirst(sorted.count / 2).first else { return .nan }
    return middle
}

/// Times of two pieces of work that take turns, so that a busy machine slows both.
struct PairedTiming {
    private(set) var first: [Double] = []
    private(set) var second: [Double] = []

    init() {}

    /// Processor seconds of both.
    init(rounds: Int, _ a: () throws -> Void, _ b: () throws -> Void) rethrows {
        for round in 0..<rounds {
            // Whoever goes first pays for the caches that the other left.
            if round.isMultiple(of: 2) {
                first.append(try processorSeconds(a))
                second.append(try processorSeconds(b))
            } else {
                second.append(try processorSeconds(b))
                first.append(try processorSeconds(a))
            }
        }
    }

    mutating func add(_ a: Double, _ b: Double) {
        first.append(a)
        second.append(b)
    }

    var bestFirst: Double { first.min() ?? .nan }
    var bestSecond: Double { second.min() ?? .nan }
    /// Median over the rounds of first / second: both of a round saw the same machine.
    var medianRatio: Double { median(zip(first, second).map { $0 / $1 }) }
}
