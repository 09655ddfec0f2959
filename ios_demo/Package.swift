// swift-tools-version: 6.0
import PackageDescription

// For tests only: AppCore, and the adapters compiled against the declared parts of the two runtimes'
// interfaces. The app must never see this package, whose modules are called as the real ones.
let package = Package(
  name: "AppCheck",
  platforms: [.macOS(.v14)],
  dependencies: [.package(path: "AppCore"), .package(path: "QACore")],
  targets: [
    .target(name: "ExecuTorch", path: "Declared/ExecuTorch"),
    .target(name: "TensorFlowLite", path: "Declared/TensorFlowLite"),
    .target(
      name: "Adapters", dependencies: ["AppCore", "ExecuTorch", "TensorFlowLite", "QACore"],
      path: "App/Adapters"),
    .testTarget(
      name: "AppCoreTests", dependencies: ["Adapters", "AppCore", "ExecuTorch", "QACore"],
      path: "AppCore/Tests"),
  ]
)
