/// Names for runs that come without one: `adjective-animal-number`.
enum RandomName {
  private static let adjectives = [
    "able", "agile", "amber", "apt", "bold", "brave", "bright", "brisk", "calm", "candid", "careful", "clean", "clever",
    "crisp", "curious", "daring", "deft", "eager", "fair", "fine", "fleet", "frank", "gentle", "glad", "grand", "handy",
    "hardy", "honest", "humble", "keen", "kind", "lively", "loyal", "lucid", "merry", "mild", "nimble", "noble",
    "patient",
    "placid", "polite", "proud", "quick", "quiet", "rapid", "rare", "sharp", "sleek", "smooth", "spry", "stately",
    "steady",
    "stoic", "sunny", "swift", "tidy", "upbeat", "valiant", "vivid", "warm", "wise", "witty", "young", "zesty",
  ]
  private static let animals = [
    "ant", "auk", "bat", "bear", "bee", "bird", "boar", "carp", "cat", "colt", "cow", "crab", "crane", "crow", "deer",
    "dog", "donkey", "dove", "duck", "eel", "elk", "finch", "fish", "fly", "fowl", "fox", "frog", "goat", "goose",
    "grouse",
    "gull", "hare", "hawk", "hen", "hog", "horse", "jay", "kit", "koi", "lamb", "lark", "loon", "lynx", "mare", "mink",
    "mole", "moth", "mouse", "mule", "newt", "owl", "panda", "perch", "pug", "quail", "ram", "seal", "shad", "shrew",
    "snail",
    "stork", "swan", "toad", "wren",
  ]

  /// Draws a name.
  static func draw(_ random: () -> UInt64) -> String {
    let bits = random()
    return "\(adjectives[Int(bits & 63)])-\(animals[Int(bits >> 6 & 63)])-\((bits >> 12) % 1000)"
  }
}
