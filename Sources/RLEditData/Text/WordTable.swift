/// Words by number and numbers by word: the words' bytes one after the other, and an open-addressed table over them, so that
/// looking up a word of a text makes no string.
struct WordTable: Sendable {
    private var bytes: [UInt8] = []
    /// Where each word ends in `bytes`.
    private var ends: [Int] = []
    private var hashes: [UInt64] = []
    /// Numbers of words by hash, -1 where free; as many as a power of two, at most half of them taken.
    private var slots: [Int32] = Array(repeating: -1, count: 64)

    /// Number of words.
    var count: Int { ends.count }

    var byteCount: Int { bytes.count + 16 * ends.count + 4 * slots.count }

    /// The word of a number in `0 ..< count`.
    subscript(index: Int) -> String { String(decoding: slice(index), as: UTF8.self) }

    func slice(_ index: Int) -> ArraySlice<UInt8> { bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }

    /// The number of a word; nil when it is not there.
    func find(_ word: UnsafeBufferPointer<UInt8>) -> Int? {
        let found = slots[place(of: word, hash: WordTable.hash(word))]
        return found < 0 ? nil : Int(found)
    }

    func find(_ word: String) -> Int? {
        Array(word.utf8).withUnsafeBufferPointer { find($0) }
    }

    /// The number of a word, which is added when it is not there.
    mutating func insert(_ word: UnsafeBufferPointer<UInt8>) -> Int {
        let hash = WordTable.hash(word)
        let place = place(of: word, hash: hash)
        if slots[place] >= 0 { return Int(slots[place]) }
        let number = ends.count
        slots[place] = Int32(truncatingIfNeeded: number)
        bytes.append(contentsOf: word)
        ends.append(bytes.count)
        hashes.append(hash)
        if 2 * ends.count > slots.count { grow() }
        return number
    }

    @discardableResult
    mutating func insert(_ word: String) -> Int {
        Array(word.utf8).withUnsafeBufferPointer { insert($0) }
    }

    /// The slot that holds the word, or the free one where it would go.
    private func place(of word: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] >= 0 {
            let number = Int(slots[place])
            if hashes[number] == hash, isWord(number, word) { return place }
            place = (place + 1) & mask
        }
        return place
    }

    private func isWord(_ number: Int, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = number == 0 ? 0 : ends[number - 1]
        guard ends[number] - start == word.count else { return false }
        for offset in 0..<word.count where bytes[start + offset] != word[offset] { return false }
        return true
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: 2 * slots.count)
        let mask = slots.count - 1
        for (number, hash) in hashes.enumerated() {
            var place = Int(truncatingIfNeeded: hash) & mask
            while slots[place] >= 0 { place = (place + 1) & mask }
            slots[place] = Int32(truncatingIfNeeded: number)
        }
    }

    /// FNV-1a over 64 bits, its halves folded together: equal on every machine.
    private static func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in word { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return hash ^ (hash >> 32)
    }
}
