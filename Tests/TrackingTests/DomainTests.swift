import Glibc
import Testing
import Tracking

struct DomainTests {
  private let steps = stride(from: 0.0, to: 1.0, by: 1.0 / 1024).map { $0 } + [1 - 0x1p-53]

  private func counts(_ domain: Domain, draws: Int = 10_000) -> [Value: Int] {
    var counts: [Value: Int] = [:]
    for draw in 0..<draws { counts[domain.value(at: (Double(draw) + 0.5) / Double(draws)), default: 0] += 1 }
    return counts
  }

  @Test func `categories are equally likely and keep their types`() {
    let counts = counts(.categorical(["a", 1, 2.5, true]))
    #expect(counts == ["a": 2500, 1: 2500, 2.5: 2500, true: 2500])
  }

  @Test func `whole numbers are equally likely, both ends included`() {
    #expect(counts(.integer(min: -2, max: 2, scale: .linear)) == [-2: 2000, -1: 2000, 0: 2000, 1: 2000, 2: 2000])
    #expect(Domain.integer(min: 5, max: 5, scale: .log).value(at: 0.7) == 5)
  }

  @Test func `the widest whole ranges do not trap`() {
    for scale in [Scale.linear, .log] {
      let domain = Domain.integer(min: scale == .log ? 1 : .min, max: .max, scale: scale)
      for u in [0, 0.25, 0.5, 0.999, 1 - 0x1p-53] { #expect(domain.value(at: u).integer != nil) }
    }
    #expect(Domain.integer(min: .min, max: .max, scale: .linear).value(at: 0) == .integer(.min))
    #expect(Domain.integer(min: .min, max: .max, scale: .linear).value(at: 0.5) == .integer(0))
    #expect(Domain.integer(min: .max - 1, max: .max, scale: .linear).value(at: 0.9) == .integer(.max))
  }

  @Test func `on a log scale each decade is as likely`() {
    let domain = Domain.continuous(min: 1e-4, max: 1, scale: .log)
    let decades = steps.map { Int((Glibc.log10(domain.value(at: $0).number!)).rounded(.down)) }
    for decade in -4 ... -1 { #expect(abs(decades.count { $0 == decade } - 256) <= 2) }
    let whole = counts(.integer(min: 1, max: 1000, scale: .log))
    let below10 = whole.filter { $0.key.integer! < 10 }.values.reduce(0, +)
    #expect((3500...4500).contains(below10), "\(below10)")
    #expect(whole.keys.allSatisfy { (1...1000).contains($0.integer!) })
  }

  @Test func `a reverse log scale spreads the distance from 1`() {
    let domain = Domain.continuous(min: 0, max: 0.999, scale: .reverseLog)
    #expect(domain.value(at: 0) == 0.0)
    #expect(abs(domain.value(at: 1.0 / 3).number! - 0.9) < 1e-12)
    #expect(abs(domain.value(at: 2.0 / 3).number! - 0.99) < 1e-12)
  }

  @Test func `real ranges hold their values`() {
    let domains: [(Domain, Double, Double)] = [
      (.continuous(min: -3, max: 2, scale: .linear), -3, 2), (.continuous(min: 1e-6, max: 0.5, scale: .log), 1e-6, 0.5),
      (.continuous(min: 0, max: 0.999, scale: .reverseLog), 0, 0.999),
      (.loguniform(min: -6, max: -1), PortableMath.exp(-6), PortableMath.exp(-1)),
    ]
    for (domain, low, high) in domains {
      for u in steps {
        let value = domain.value(at: u).number!
        #expect(value >= low && value <= high, "\(domain) at \(u): \(value)")
      }
    }
  }

  // azure.md 1.1: hyperopt's rule gives 0 and 12, which lie outside; ours takes the nearest multiple inside.
  @Test func `rounding to multiples stays inside the range`() {
    #expect(counts(.quniform(min: 1, max: 11, q: 3)) == [3.0: 3500, 6.0: 3000, 9.0: 3500])
    #expect(Set(counts(.quniform(min: 1, max: 10, q: 5)).keys) == [5.0, 10.0])
    #expect(Set(counts(.quniform(min: 16, max: 128, q: 16)).keys) == Set((1...8).map { Value.real(Double($0) * 16) }))
    let log = counts(.qloguniform(min: 0, max: 3, q: 4))
    #expect(Set(log.keys) == [4.0, 8.0, 12.0, 16.0, 20.0], "0 would lie below exp(0)")
    #expect(Domain.quniform(min: 1, max: 2, q: 5).value(at: 0.5) == 0.0, "with no multiple inside, the nearest one")
  }

  // The shares of azure.md 1.1, which are hyperopt's.
  @Test func `Azure's own rounding leaves the range, as hyperopt's does`() {
    func azure(_ domain: Domain) -> [Value: Int] { counts(.rounded(domain, Rounding(keepsOutside: true))) }
    #expect(azure(.quniform(min: 1, max: 11, q: 3)) == [0.0: 500, 3.0: 3000, 6.0: 3000, 9.0: 3000, 12.0: 500])
    let five = azure(.quniform(min: 1, max: 10, q: 5))
    #expect(Set(five.keys) == [0.0, 5.0, 10.0])
    for (value, share) in [(0.0, 1667), (5.0, 5556), (10.0, 2778)] { #expect(abs(five[.real(value)]! - share) <= 1) }
    let sixteen = azure(.quniform(min: 16, max: 128, q: 16))
    #expect(sixteen.count == 8)
    #expect(abs(sixteen[16.0]! * 2 - sixteen[64.0]!) <= 2)
    #expect(Set(azure(.qloguniform(min: 0, max: 3, q: 4)).keys) == [0.0, 4.0, 8.0, 12.0, 16.0, 20.0])
    #expect(
      Domain.rounded(.quniform(min: 0, max: 1, q: 0.1), Rounding(keepsOutside: true)).value(at: 0.3)
        == .real(3 * 0.1), "numpy's product, last bit and all")
  }

  @Test func `a rounded number has the form that is asked for`() {
    let whole = Domain.rounded(.quniform(min: 16, max: 128, q: 16), Rounding(form: .int))
    #expect(whole.allValues == (1...8).map { .integer($0 * 16) })
    #expect(whole.member(matching: 32.0) == 32)
    #expect(whole.member(matching: 32.5) == nil)
    #expect(Domain.rounded(.qnormal(mu: 50, sigma: 10, q: 5), Rounding(form: .int)).value(at: 0.5) == 50)
    #expect(Domain.rounded(.quniform(min: 0, max: 1, q: 0.5), Rounding(form: .float)).value(at: 1) == 1.0)
  }

  @Test func `stepped ranges hold what a person would count`() {
    #expect(Domain.steppedInteger(min: 8, max: 50, step: 16, scale: .linear).allValues == [8, 24, 40])
    #expect(Domain.stepped(min: 0.1, max: 0.7, step: 0.2, scale: .linear).allValues == [0.1, 0.3, 0.5, 0.7])
    #expect(Domain.stepped(min: 0, max: 1, step: 0.1, scale: .linear).allValues?.last == 1.0)
    #expect(Domain.stepped(min: 0, max: 1, step: 0.3, scale: .linear).value(at: 1) == 0.9)
    let even = counts(.steppedInteger(min: 8, max: 50, step: 16, scale: .linear), draws: 9000)
    #expect(even == [8: 3000, 24: 3000, 40: 3000])
    let log = counts(.steppedInteger(min: 8, max: 1024, step: 8, scale: .log))
    #expect(log[8]! > 10 * log[512]!)
    #expect(counts(.ordinal(["s", "m", "l"]), draws: 3000) == ["s": 1000, "m": 1000, "l": 1000])
  }

  @Test func `halves round to even, as hyperopt's do`() {
    #expect(Domain.quniform(min: 0, max: 10, q: 1).value(at: 0.25) == 2.0)
    #expect(Domain.quniform(min: 0, max: 10, q: 1).value(at: 0.35) == 4.0)
  }

  @Test func `normal draws have their mean and deviation`() {
    let values = (0..<10_000).map { Domain.normal(mu: 3, sigma: 2).value(at: (Double($0) + 0.5) / 10_000).number! }
    let mean = values.reduce(0, +) / 10_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 10_000
    #expect(abs(mean - 3) < 1e-9)
    #expect(abs(variance.squareRoot() - 2) < 0.01)
    #expect(Domain.normal(mu: 0, sigma: 1).value(at: 0).number!.isFinite)
    #expect(Domain.lognormal(mu: 0, sigma: 1).value(at: 0.5) == 1.0)
    #expect(Domain.qnormal(mu: 0, sigma: 10, q: 5).value(at: 0.5) == 0.0)
    #expect(Domain.qnormal(mu: 100, sigma: 10, q: 5).value(at: 0.84134).number! == 110)
    #expect(Domain.qlognormal(mu: 3, sigma: 0, q: 5).value(at: 0.3) == 20.0)
  }

  @Test func `finite domains know their values`() {
    #expect(Domain.categorical(["b", "a", "b"]).cardinality == 2)
    #expect(Domain.categorical(["b", "a", "b"]).allValues == ["b", "a"])
    #expect(Domain.integer(min: 1, max: 3, scale: .log).allValues == [1, 2, 3])
    #expect(Domain.integer(min: 3, max: 1, scale: .linear).cardinality == 0)
    #expect(Domain.integer(min: 3, max: 1, scale: .linear).allValues == [])
    #expect(Domain.integer(min: .min, max: .max, scale: .linear).cardinality == nil)
    #expect(Domain.integer(min: 0, max: 1 << 40, scale: .linear).allValues == nil)
    #expect(Domain.quniform(min: 1, max: 11, q: 3).allValues == [3.0, 6.0, 9.0])
    #expect(Domain.quniform(min: 1, max: 11, q: 0).cardinality == nil)
    #expect(Domain.qloguniform(min: 0, max: 3, q: 4).cardinality == 5)
    #expect(Domain.continuous(min: 0, max: 1, scale: .linear).cardinality == nil)
    #expect(Domain.continuous(min: 2, max: 2, scale: .linear).allValues == [2.0])
    #expect(Domain.normal(mu: 1, sigma: 0).allValues == [1.0])
    #expect(Domain.normal(mu: 1, sigma: 1).allValues == nil)
    #expect(Domain.loguniform(min: 0, max: 0).allValues == [1.0])
  }

  @Test func `every value of a finite domain is drawn, and no other`() {
    let domains: [Domain] = [
      .integer(min: 1, max: 40, scale: .log), .integer(min: -3, max: 9, scale: .linear),
      .quniform(min: -7, max: 7, q: 2),
      .qloguniform(min: 0, max: 3, q: 4),
    ]
    for domain in domains { #expect(Set(counts(domain).keys) == Set(domain.allValues!), "\(domain)") }
  }

  static let unsound: [(Domain, String)] = [
    (Domain.categorical([]), "no values"),
    (.integer(min: 2, max: 1, scale: .linear), "min (2) is greater than max (1)"),
    (.integer(min: 0, max: 5, scale: .log), "min >= 1"),
    (.integer(min: 0, max: 5, scale: .reverseLog), "for real numbers"),
    (.continuous(min: 1, max: 0, scale: .linear), "swap them"), (.continuous(min: 0, max: 1, scale: .log), "min > 0"),
    (.continuous(min: 0, max: 1, scale: .reverseLog), "max < 1"),
    (.continuous(min: 0, max: .infinity, scale: .linear), "finite"),
    (.continuous(min: .nan, max: 1, scale: .linear), "finite"), (.quniform(min: 0, max: 1, q: 0), "q is 0.0"),
    (.quniform(min: 2, max: 1, q: 1), "swap them"), (.loguniform(min: 0, max: 1000), "exponents"),
    (.qloguniform(min: 0, max: 710, q: 1), "exponents"), (.normal(mu: 0, sigma: -1), "sigma is -1.0"),
    (.qnormal(mu: 0, sigma: 1, q: -1), "q is -1.0"), (.lognormal(mu: .nan, sigma: 1), "finite"),
    (.qlognormal(mu: 0, sigma: 1, q: .nan), "q is nan"), (.ordinal([]), "no values"),
    (.steppedInteger(min: 1, max: 9, step: 0, scale: .linear), "step is 0"),
    (.stepped(min: 1, max: 9, step: -1, scale: .linear), "step is -1.0"),
    (.stepped(min: 0, max: 9, step: 1, scale: .log), "min > 0"),
    (.rounded(.quniform(min: 0, max: 1, q: 0.5), Rounding(form: .int)), "needs a whole q"),
    (.rounded(.normal(mu: 0, sigma: 1), Rounding(keepsOutside: true)), "with a q"),
    (.rounded(.quniform(min: 2, max: 1, q: 1), Rounding(form: .int)), "swap them"),
  ]

  @Test(arguments: unsound)
  func `an unsound domain says what is wrong`(_ domain: Domain, _ words: String) {
    #expect(domain.problems.contains { $0.contains(words) }, "\(domain.problems)")
  }

  static let sound: [Domain] = [
    .categorical(["a", 1, 2.5, [1], ["k": .null]]), .integer(min: -5, max: 1 << 60, scale: .linear),
    .integer(min: 1, max: 9, scale: .log), .continuous(min: 0.1, max: 0.2, scale: .log),
    .continuous(min: 0, max: 0.5, scale: .reverseLog), .quniform(min: 0, max: 1, q: 0.25), .loguniform(min: -5, max: 0),
    .qloguniform(min: 0, max: 5, q: 2), .normal(mu: 0.1, sigma: 3), .qnormal(mu: 0, sigma: 3, q: 0.5),
    .lognormal(mu: 0, sigma: 1e-300), .qlognormal(mu: 0, sigma: 1, q: 3),
    .ordinal(["s", "m"]), .steppedInteger(min: 0, max: 9, step: 3, scale: .linear),
    .stepped(min: 0, max: 0.9, step: 0.3, scale: .reverseLog),
    .rounded(.quniform(min: 0, max: 8, q: 2), Rounding(keepsOutside: true)),
    .rounded(.qlognormal(mu: 0, sigma: 8, q: 2), Rounding(keepsOutside: true, form: .float)),
  ]

  @Test(arguments: sound)
  func `a domain's record reads back the same`(_ domain: Domain) throws {
    #expect(domain.problems.isEmpty)
    #expect(try Domain(value: Value(json: domain.value.json)) == domain)
  }

  @Test(arguments: [
    "{}", "{\"type\":\"gaussian\"}", "{\"type\":\"integer\",\"min\":1}", "{\"type\":\"integer\",\"min\":1.5,\"max\":2}",
    "{\"type\":\"continuous\",\"min\":1,\"max\":2,\"scale\":\"cubic\"}",
    "{\"type\":\"normal\",\"mu\":\"0\",\"sigma\":1}", "[]",
  ])
  func `a record that is no domain is refused`(_ json: String) throws {
    let value = try Value(json: json)
    let error = #expect(throws: TrackingError.self) { try Domain(value: value) }
    #expect(error?.code == .invalid)
  }
}
