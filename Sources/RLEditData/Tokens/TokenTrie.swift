/// Tokens by their bytes: finds the longest that a text begins with, without a string for any.
///
/// Nodes are numbers. An open-addressed table leads from a node and a byte to the next node; node 0 begins the tokens that
/// begin words, node 1 those that go on with one.
struct TokenTrie: Sendable {
    /// Nodes and a byte must fit into 32 bits.
    private static let largestCount = 1 << 24
    private static let free = UInt64.max

    /// Node and byte in the upper half, the next node in the lower; as many as a power of two, at most half of them taken.
    private var edges = [UInt64](repeating: free, count: 1 << 12)
    private var shift: UInt64 = 64 - 12
    /// The token that ends at each node, -1 for none.
    private var numbers: [Int32] = [-1, -1]

    var byteCount: Int { 8 * edges.count + 4 * numbers.count }

    /// - Returns: false when there are too many nodes.
    mutating func insert(_ token: some Sequence<UInt8>, number: Int32, isLater: Bool) -> Bool {
        var node: UInt64 = isLater ? 1 : 0
        for byte in token {
            let key = node << 8 | UInt64(byte)
            var place = TokenTrie.place(key, shift)
            while edges[place] != TokenTrie.free, edges[place] >> 32 != key { place = (place + 1) & (edges.count - 1) }
            if edges[place] != TokenTrie.free {
                node = edges[place] & 0xFFFF_FFFF
                continue
            }
            guard numbers.count < TokenTrie.largestCount else { return false }
            node = UInt64(numbers.count)
            edges[place] = key << 32 | node
            numbers.append(-1)
            if 2 * numbers.count > edges.count { grow() }
        }
        if node > 1 { numbers[Int(node)] = number }
        return true
    }

    private mutating func grow() {
        let old = edges
        edges = Array(repeating: TokenTrie.free, count: 2 * old.count)
        shift -= 1
        for edge in old where edge != TokenTrie.free {
            var place = TokenTrie.place(edge >> 32, shift)
            while edges[place] != TokenTrie.free { place = (place + 1) & (edges.count - 1) }
            edges[place] = edge
        }
    }

    @inline(__always)
    private static func place(_ key: UInt64, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    }

    /// Appends the tokens of a word, each the longest at its place.
    /// - Returns: false when some place has no token; then nothing is appended.
    func append(tokensOf word: UnsafeBufferPointer<UInt8>, to tokens: inout [Int32]) -> Bool {
        let count = tokens.count
        var start = 0
        let isWhole = edges.withUnsafeBufferPointer { edges in
            numbers.withUnsafeBufferPointer { numbers in
                while start < word.count {
                    var node: UInt64 = start == 0 ? 0 : 1
                    var (number, end) = (Int32(-1), start)
                    for position in start..<word.count {
                        let key = node << 8 | UInt64(word[position])
                        var place = TokenTrie.place(key, shift)
                        while edges[place] != TokenTrie.free, edges[place] >> 32 != key {
                            place = (place + 1) & (edges.count - 1)
                        }
                        if edges[place] == TokenTrie.free { break }
                        node = edges[place] & 0xFFFF_FFFF
                        let found = numbers[Int(node)]
                        if found >= 0 { (number, end) = (found, position + 1) }
                    }
                    if number < 0 { return false }
                    tokens.append(number)
                    start = end
                }
                return true
            }
        }
        if !isWhole { tokens.removeLast(tokens.count - count) }
        return isWhole
    }
}
