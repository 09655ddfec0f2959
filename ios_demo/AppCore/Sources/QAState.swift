import QACore

/// What the model is doing.
public enum Phase: Sendable, Equatable {
  /// The bundle's files are hashed.
  case checking
  /// The runtime loads the model and repeats the stored golden inputs.
  case opening
  case ready
  /// Windows done and in all; all is 0 while the passage is tokenised.
  case asking(done: Int, all: Int)
  /// No model: the reason. Another runtime can be chosen, or it can be tried again.
  case failed(String)
}

/// Something to tell about the last question.
public enum Notice: Sendable, Equatable {
  case emptyQuestion
  case emptyPassage
  case longPassage(length: Int, limit: Int)
  case cancelled
  case fault(String)
}

/// Where the time of one question went.
public struct Latency: Sendable, Equatable {
  public var tokenizeMs = 0.0
  public var runMs = 0.0
  public var decodeMs = 0.0
  public var windows = 0

  public init() {}
}

/// The result for `passage`; `shown` is the answer to highlight, nil for none.
public struct Reply: Sendable, Equatable {
  public let passage: String
  public let found: Decoded
  public var shown: Answer?
  public let latency: Latency
}

/// A runtime that the app was built with and the bundle has a model for.
public struct RuntimeChoice: Sendable, Equatable, Identifiable {
  /// The name in the manifest.
  public let id: String
  public let title: String
  public let version: String
  /// Whether the number of threads can be chosen.
  public let takesThreads: Bool

  public init(id: String, title: String, version: String, takesThreads: Bool) {
    self.id = id
    self.title = title
    self.version = version
    self.takesThreads = takesThreads
  }
}

/// All that the question screen shows.
public struct QAState: Sendable, Equatable {
  public var phase = Phase.checking
  public var runtimes: [RuntimeChoice] = []
  public var runtime = ""
  public var threads = 1
  public var passage = ""
  public var question = ""
  public var suggestions: [String] = []
  public var reply: Reply?
  public var notice: Notice?

  public init() {}

  /// The runtime that is chosen, where there is one.
  public var choice: RuntimeChoice? { runtimes.first { $0.id == runtime } }
}
