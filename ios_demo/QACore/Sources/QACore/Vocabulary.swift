import Foundation

/// The tokens of a vocabulary as a trie over Unicode scalars: one walk finds the longest match.
///
/// Swift compares strings by canonical equivalence, under which two tokens of a multilingual
/// vocabulary can be the same key; scalars do not have that trap.
struct Vocabulary: Sendable {
  private(set) var count = 0
  private var tokenOfNode: [Int32] = [-1]  // -1: no token ends here
  private var insideNode: Int32 = -1  // where the tokens that continue a word begin, after "##"
  private var edges = Edges()

  init(_ bytes: Data) throws {
    guard let text = String(data: bytes, encoding: .utf8) else {
      throw QAError("the vocabulary is not UTF-8")
    }
    var node: Int32 = 0
    var previous: Unicode.Scalar = "\n"
    for scalar in text.unicodeScalars {
      if scalar == "\n" && previous == "\r" {
        // The second half of a line end.
      } else if scalar == "\n" || scalar == "\r" {
        try endToken(at: node)
        node = 0
      } else {
        node = child(of: node, scalar)
      }
      previous = scalar
    }
    if previous != "\n" && previous != "\r" { try endToken(at: node) }
    insideNode = walk("##") ?? -1
  }

  func id(of token: String) -> Int32? {
    guard let node = walk(token), tokenOfNode[Int(node)] >= 0 else { return nil }
    return tokenOfNode[Int(node)]
  }

  /// The longest token that `text` begins with; `inside` a word the tokens written with "##".
  func longestMatch(
    _ text: ArraySlice<Unicode.Scalar>, inside: Bool
  ) -> (id: Int32, length: Int)? {
    var node = inside ? insideNode : 0
    var best: (id: Int32, length: Int)?
    if node < 0 { return nil }
    var length = 0
    for scalar in text {
      node = edges[node, scalar]
      if node < 0 { break }
      length += 1
      let token = tokenOfNode[Int(node)]
      if token >= 0 { best = (token, length) }
    }
    return best
  }

  private mutating func endToken(at node: Int32) throws {
    if tokenOfNode[Int(node)] >= 0 {
      throw QAError(
        "line \(count + 1) of the vocabulary repeats line \(tokenOfNode[Int(node)] + 1)")
    }
    tokenOfNode[Int(node)] = Int32(count)
    count += 1
  }

  private mutating func child(of node: Int32, _ scalar: Unicode.Scalar) -> Int32 {
    let known = edges[node, scalar]
    if known >= 0 { return known }
    let new = Int32(tokenOfNode.count)
    tokenOfNode.append(-1)
    edges.add(node, scalar, to: new)
    return new
  }

  private func walk(_ token: String) -> Int32? {
    var node: Int32 = 0
    for scalar in token.unicodeScalars {
      node = edges[node, scalar]
      if node < 0 { return nil }
    }
    return node
  }

  /// A hash table from (node, scalar) to node, -1 where there is none; nothing is ever removed.
  private struct Edges: Sendable {
    private var keys: [UInt64] = Array(repeating: .max, count: 1 << 16)
    private var nodes: [Int32] = Array(repeating: -1, count: 1 << 16)
    private var shift: UInt64 = 64 - 16
    private var count = 0

    subscript(node: Int32, scalar: Unicode.Scalar) -> Int32 {
      nodes[slot(Self.key(node, scalar))]
    }

    mutating func add(_ node: Int32, _ scalar: Unicode.Scalar, to new: Int32) {
      if count * 3 > keys.count * 2 { grow() }
      put(Self.key(node, scalar), new)
      count += 1
    }

    private static func key(_ node: Int32, _ scalar: Unicode.Scalar) -> UInt64 {
      UInt64(UInt32(node)) << 21 | UInt64(scalar.value)
    }

    private mutating func put(_ key: UInt64, _ node: Int32) {
      let slot = slot(key)
      keys[slot] = key
      nodes[slot] = node
    }

    private mutating func grow() {
      let old = zip(keys, nodes)
      shift -= 1
      nodes = Array(repeating: -1, count: keys.count * 2)
      keys = Array(repeating: .max, count: keys.count * 2)
      for (key, node) in old where key != .max { put(key, node) }
    }

    /// Where the key is, or where it belongs. Multiplying by 2^64 / golden ratio spreads the keys.
    private func slot(_ key: UInt64) -> Int {
      var slot = Int((key &* 0x9E37_79B9_7F4A_7C15) >> shift)
      while keys[slot] != key && keys[slot] != .max { slot = (slot + 1) & (keys.count - 1) }
      return slot
    }
  }
}
