import Foundation
import Testing
import RLEditData
import RLEditTensor
@Suite struct Dump {
  @Test func dump() throws {
    let clock = ContinuousClock()
    let n = Int(ProcessInfo.processInfo.environment["DUMP_N"] ?? "20000")!
    var d: DigitData?
    let t = try clock.measure { d = try Digits.generated(trainCount: n, testCount: 4000) }
    print("drawn in", t, d!.train, d!.test, d!.train.contentHash)
    let t2 = try clock.measure { _ = try Digits.mnist() }
    print("mnist", t2)
    let m = try Digits.mnist()
    print(m.train, m.test, m.hash)
    for (s, name) in [(d!.train,"train"),(d!.test,"test")] {
      let x = try s.allInputs()
      let data = x.withUnsafeBufferPointer { Data(buffer: $0) }
      try data.write(to: URL(fileURLWithPath: "/tmp/dig/\(name).f32"))
      try Data(s.labels.map { UInt8($0) }).write(to: URL(fileURLWithPath: "/tmp/dig/\(name).u8"))
    }
  }
}
