import RLEditTensor
import Testing

@Suite("Rows of which few elements are not zero")
struct SparseRowsTests {
    /// [[0, 2, 0, 0], [], [1, 0, 0, 3]]
    private func rows() throws -> SparseRows {
        try SparseRows(columns: 4, offsets: [0, 1, 1, 3], indices: [1, 0, 3], values: [2, 1, 3])
    }

    private func dense(_ rows: SparseRows, _ picked: [Int]) -> [Float] {
        let result = Tensor(uninitialized: [picked.count, rows.columns], count: picked.count * rows.columns)
        rows.copyDense(picked, into: result.storage.pointer)
        return result.scalars
    }

    @Test("rows are picked in any order, more than once, and written with their zeros")
    func picking() throws {
        let rows = try rows()
        #expect(rows.count == 3 && rows.columns == 4 && rows.elementCount == 3)
        #expect(dense(rows, [0, 1, 2]) == [0, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 3])
        let picked = rows.gathering([2, 0, 2, 1])
        #expect(dense(picked, [0, 1, 2, 3]) == [1, 0, 0, 3, 0, 2, 0, 0, 1, 0, 0, 3, 0, 0, 0, 0])
        let joined = picked.appending(rows)
        #expect(joined.count == 7)
        #expect(dense(joined, [4, 6]) == [0, 2, 0, 0, 1, 0, 0, 3])
        #expect(rows.gathering([]).count == 0)
        #expect(rows.sharesStorage(with: rows) && !rows.sharesStorage(with: picked))
    }

    @Test("parts that make no rows are refused, saying why")
    func faults() {
        let cases: [(Int, [Int], [Int32], [Float], String)] = [
            (0, [0], [], [], "0 is not a number of columns"),
            (4, [0, 2], [1], [1], "offsets must begin with 0 and end with the number of indices and values"),
            (4, [], [], [], "offsets must begin with 0 and end with the number of indices and values"),
            (4, [0, 1], [1], [], "offsets must begin with 0 and end with the number of indices and values"),
            (4, [0, 2, 1, 2], [0, 1], [1, 1], "offsets must not fall"),
            (4, [0, 1], [4], [1], "columns of row 0 must ascend within 0 ..< 4, got 4"),
            (4, [0, 1], [-1], [1], "columns of row 0 must ascend within 0 ..< 4, got -1"),
            (4, [0, 0, 2], [2, 2], [1, 1], "columns of row 1 must ascend within 0 ..< 4, got 2"),
        ]
        for (columns, offsets, indices, values, reason) in cases {
            #expect(throws: TensorError.invalidArgument(operation: "sparse rows", message: reason)) {
                try SparseRows(columns: columns, offsets: offsets, indices: indices, values: values)
            }
        }
    }
}
