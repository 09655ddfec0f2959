import AppCore
import QACore
import SwiftUI

/// What the manifest says about the model, and the licences.
struct ModelCardScreen: View {
  let worker: ModelWorker
  let runtimes: [RuntimeChoice]
  @State private var sections: [CardSection] = []
  @Environment(\.dismiss) private var dismiss

  var body: some View {
    NavigationStack {
      List(sections) { section in
        Section(section.title) {
          ForEach(section.lines, id: \.self) { Text($0).textSelection(.enabled) }
        }
      }
      .overlay { if sections.isEmpty { Text("No model").foregroundStyle(.secondary) } }
      .navigationTitle("Model and licences")
      .toolbar { Button("Done") { dismiss() } }
    }
    .task { sections = await worker.bundle().map { modelCard($0, runtimes) } ?? [] }
  }
}
