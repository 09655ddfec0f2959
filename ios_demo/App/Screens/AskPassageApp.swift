import AppCore
import SwiftUI

@main
struct AskPassageApp: App {
  @StateObject private var screen = ScreenModel(QAViewModel(ModelWorker(AppModels())))

  /// A benchmark in this process must find it idle.
  private var isMeasured: Bool {
    ProcessInfo.processInfo.environment["XCTestConfigurationFilePath"] != nil
  }

  var body: some Scene {
    WindowGroup {
      NavigationStack { QAScreen(screen: screen) }
        .task { if !isMeasured { screen.model.start() } }
    }
  }
}

/// Hands the view model's states to SwiftUI.
@MainActor
final class ScreenModel: ObservableObject {
  @Published private(set) var state = QAState()
  let model: QAViewModel

  init(_ model: QAViewModel) {
    self.model = model
    model.listener = { [weak self] in self?.state = $0 }
  }
}
