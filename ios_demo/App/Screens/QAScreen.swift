import Accessibility
import AppCore
import QACore
import SwiftUI

/// Pick or paste a passage, ask, see the answer at its own place. Fonts scale and colours follow the
/// system, for all of them are semantic ones.
struct QAScreen: View {
  @ObservedObject var screen: ScreenModel
  @State private var showsCard = false
  @FocusState private var focus: Field?

  private enum Field { case question, passage }
  private var state: QAState { screen.state }
  private var model: QAViewModel { screen.model }

  var body: some View {
    Form {
      questionSection
      if let notice = state.notice {
        Text(QATexts.notice(notice)).foregroundStyle(.red)
      }
      if let reply = state.reply { AnswerSections(reply: reply, show: model.show) }
      passageSection
      runtimeSection
    }
    .navigationTitle("Ask a passage")
    .scrollDismissesKeyboard(.interactively)
    .toolbar {
      ToolbarItem(placement: .primaryAction) {
        Button("Model and licences", systemImage: "info.circle") { showsCard = true }
      }
      ToolbarItemGroup(placement: .keyboard) {
        Spacer()
        Button("Done") { focus = nil }
      }
    }
    .sheet(isPresented: $showsCard) {
      ModelCardScreen(worker: model.worker, runtimes: state.runtimes)
    }
    .onChange(of: state.reply?.found) { announce() }
    .onChange(of: state.notice) { announce() }
  }

  private var questionSection: some View {
    Section("Question") {
      TextField("Ask something about the passage", text: question, axis: .vertical)
        .focused($focus, equals: .question)
        .submitLabel(.search)
        .onSubmit(ask)
      ForEach(state.suggestions, id: \.self) { suggestion in
        Button(suggestion) {
          model.setQuestion(suggestion)
          ask()
        }
      }
      if case .asking(let done, let all) = state.phase {
        ProgressView(value: Double(done), total: Double(max(all, 1))) {
          Text(QATexts.status(state.phase))
        }
        Button("Cancel", role: .cancel) { model.cancel() }
      } else {
        Button("Ask", action: ask)
          .disabled(state.phase != .ready)
          .accessibilityHint(QATexts.status(state.phase))
      }
    }
  }

  private var passageSection: some View {
    Section("Passage") {
      Menu("Choose a sample") {
        ForEach(Sample.all) { sample in
          Button(sample.title) {
            model.setPassage(sample.passage, suggestions: sample.questions)
          }
        }
      }
      TextEditor(text: passage)
        .frame(minHeight: 160, maxHeight: 320)
        .focused($focus, equals: .passage)
        .accessibilityLabel("Passage: paste or type one")
    }
  }

  private var runtimeSection: some View {
    Section {
      if state.runtimes.count > 1 {
        Picker("Runtime", selection: runtime) {
          ForEach(state.runtimes) { Text("\($0.title) \($0.version)").tag($0.id) }
        }
      }
      if state.choice?.takesThreads == true {
        Picker("Threads", selection: threads) {
          ForEach(Array(QAViewModel.threads), id: \.self) { Text(QATexts.threads($0)).tag($0) }
        }
      }
      if case .failed = state.phase {
        Button("Try again") { model.start() }
      }
    } header: {
      Text("Model")
    } footer: {
      Text(QATexts.status(state.phase))
    }
  }

  private var question: Binding<String> {
    Binding(get: { state.question }, set: { model.setQuestion($0) })
  }

  private var passage: Binding<String> {
    Binding(get: { state.passage }, set: { model.setPassage($0) })
  }

  private var runtime: Binding<String> {
    Binding(get: { state.runtime }, set: { model.select($0, threads: state.threads) })
  }

  private var threads: Binding<Int> {
    Binding(get: { state.threads }, set: { model.select(state.runtime, threads: $0) })
  }

  private func ask() {
    focus = nil
    model.ask()
  }

  /// VoiceOver tells what came of a question without a search for it on the screen.
  private func announce() {
    let text = state.notice.map(QATexts.notice) ?? state.reply.map { QATexts.answer($0.found) }
    if let text { AccessibilityNotification.Announcement(text).post() }
  }
}
