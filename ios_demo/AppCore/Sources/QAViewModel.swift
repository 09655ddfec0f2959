import QACore

/// The question screen without a screen. Every function returns at once; what takes time happens in
/// the worker, and whatever was overtaken by a later call changes nothing any more.
@MainActor
public final class QAViewModel {
  public static let threads = 1...4
  /// In code points. Takes about a minute; a screen is no place for more.
  public static let longestPassage = 200_000

  public private(set) var state = QAState() {
    didSet { listener?(state) }
  }
  /// Told of each new state, and of the present one when it is set.
  public var listener: (@MainActor (QAState) -> Void)? {
    didSet { listener?(state) }
  }
  public let worker: ModelWorker
  private var opening: Task<Void, Never>?
  private var asking: Task<Void, Never>?

  public init(_ worker: ModelWorker) {
    self.worker = worker
  }

  /// Loads the bundle and opens the chosen runtime, by default the first.
  public func start() { reopen(state.runtime, state.threads) }

  /// Changes the runtime or the number of threads; what is running is cancelled.
  public func select(_ runtime: String, threads: Int) {
    guard state.runtimes.contains(where: { $0.id == runtime }), Self.threads.contains(threads),
      runtime != state.runtime || threads != state.threads
    else { return }
    reopen(runtime, threads)
  }

  private func reopen(_ wanted: String, _ threads: Int) {
    opening?.cancel()
    asking?.cancel()
    var next = state
    next.phase = state.runtimes.isEmpty ? .checking : .opening
    (next.runtime, next.threads, next.reply, next.notice) = (wanted, threads, nil, nil)
    state = next
    opening = Task {
      do {
        let choices = try await worker.load()
        try Task.checkCancellation()
        let runtime = choices.contains { $0.id == wanted } ? wanted : choices[0].id
        (state.runtimes, state.runtime, state.phase) = (choices, runtime, .opening)
        try await worker.open(runtime, threads: threads)
        try Task.checkCancellation()
        state.phase = .ready
      } catch {
        if !Task.isCancelled { state.phase = .failed(error.localizedDescription) }
      }
    }
  }

  /// A passage was chosen, with questions that suit it, or typed. A new one ends what was asked
  /// about the old one.
  public func setPassage(_ passage: String, suggestions: [String] = []) {
    if state.passage.unicodeScalars.elementsEqual(passage.unicodeScalars) { return }
    _ = stopAsking()
    (state.passage, state.suggestions) = (passage, suggestions)
    (state.reply, state.notice) = (nil, nil)
  }

  public func setQuestion(_ question: String) { state.question = question }

  /// Asks the present question about the present passage, where a model is ready.
  public func ask() {
    guard state.phase == .ready else { return }
    let (question, passage) = (state.question, state.passage)
    state.reply = nil
    state.notice = fault(question, passage)
    if state.notice != nil { return }
    state.phase = .asking(done: 0, all: 0)
    asking = Task {
      do {
        let job = try await worker.cut(question, passage)
        var (logits, runMs): ([SpanLogits], Double) = ([], 0)
        for window in job.windows {
          try Task.checkCancellation()
          state.phase = .asking(done: logits.count, all: job.windows.count)
          let one = try await worker.run(window)
          logits.append(one.logits)
          runMs += one.ms
        }
        let reply = try await worker.finish(job, logits, runMs: runMs)
        try Task.checkCancellation()
        (state.reply, state.phase) = (reply, .ready)
      } catch {
        if Task.isCancelled { return }  // whoever cancelled has set the state
        (state.notice, state.phase) = (.fault(error.localizedDescription), .ready)
      }
    }
  }

  private func fault(_ question: String, _ passage: String) -> Notice? {
    if isBlank(question) { return .emptyQuestion }
    if isBlank(passage) { return .emptyPassage }
    let length = passage.unicodeScalars.count
    let limit = Self.longestPassage
    return length > limit ? .longPassage(length: length, limit: limit) : nil
  }

  /// Gives up the question that is running; takes effect at the next window.
  public func cancel() {
    if stopAsking() { state.notice = .cancelled }
  }

  private func stopAsking() -> Bool {
    guard case .asking = state.phase else { return false }
    asking?.cancel()
    state.phase = .ready
    return true
  }

  /// Highlights one of the n best.
  public func show(_ place: Int) {
    guard var reply = state.reply, reply.found.nBest.indices.contains(place) else { return }
    reply.shown = reply.found.nBest[place]
    state.reply = reply
  }
}
