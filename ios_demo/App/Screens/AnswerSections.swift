import AppCore
import QACore
import SwiftUI

/// The answer, its place in the passage, the n best with their scores, and where the time went.
struct AnswerSections: View {
  let reply: Reply
  let show: @MainActor (Int) -> Void

  var body: some View {
    Section {
      Text(QATexts.answer(reply.found)).font(.headline)
      ScrollView {
        Text(highlighted).textSelection(.enabled)
      }
      .frame(maxHeight: 300)
      .accessibilityLabel("Passage with the answer highlighted")
    } header: {
      Text("Answer")
    } footer: {
      Text(QATexts.latency(reply.latency))
    }
    if !reply.found.nBest.isEmpty {
      Section("Best spans with scores; tap to highlight") {
        ForEach(Array(reply.found.nBest.enumerated()), id: \.offset) { place, answer in
          Button(QATexts.candidate(place, answer)) { show(place) }
            .accessibilityAddTraits(answer == reply.shown ? .isSelected : [])
        }
      }
    }
  }

  private var highlighted: AttributedString {
    let parts = Highlight(reply.passage, reply.shown)
    var answer = AttributedString(parts.answer)
    answer.backgroundColor = Color.yellow.opacity(0.35)
    answer.underlineStyle = Text.LineStyle.single  // not by colour alone
    answer.font = Font.body.bold()
    return AttributedString(parts.before) + answer + AttributedString(parts.after)
  }
}
