// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "QACore",
  platforms: [.iOS(.v17), .macOS(.v14)],
  products: [.library(name: "QACore", targets: ["QACore"])],
  targets: [
    .target(name: "QACore"),
    .testTarget(name: "QACoreTests", dependencies: ["QACore"]),
  ]
)
