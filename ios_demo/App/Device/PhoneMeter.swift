import AppCore
@preconcurrency import Darwin  // mach_task_self_ is a variable to Swift
import Foundation
import UIKit

/// This process on a phone.
struct PhoneMeter: Meter {
  func nanoseconds() -> UInt64 { DispatchTime.now().uptimeNanoseconds }

  func cpuMs() -> Double {
    var usage = rusage()
    getrusage(RUSAGE_SELF, &usage)
    let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    return Double(seconds) * 1e3 + Double(microseconds) / 1e3
  }

  /// Cannot be set back on iOS: memory that the process needed before loading hides some of the
  /// model's, so a result is only good for a process that did nothing else.
  func peakBytes() -> Int {
    var info = task_vm_info_data_t()
    var count = mach_msg_type_number_t(
      MemoryLayout<task_vm_info_data_t>.size / MemoryLayout<natural_t>.size)
    let status = withUnsafeMutablePointer(to: &info) { pointer in
      pointer.withMemoryRebound(to: integer_t.self, capacity: Int(count)) {
        task_info(mach_task_self_, task_flavor_t(TASK_VM_INFO), $0, &count)
      }
    }
    return status == KERN_SUCCESS ? Int(info.resident_size_peak) : 0
  }
}

/// The phone, as a result names it.
@MainActor
func describePhone() -> Device {
  var system = utsname()
  uname(&system)
  let machine = withUnsafeBytes(of: &system.machine) { bytes in
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
  let process = ProcessInfo.processInfo
  return Device(
    name: "Apple \(machine)", system: "iOS \(UIDevice.current.systemVersion)",
    processor: machine, cores: process.processorCount,
    memoryBytes: Int(process.physicalMemory))
}

/// Whether this build carries the compiler's checks.
var isDebugBuild: Bool {
  #if DEBUG
    return true
  #else
    return false
  #endif
}

/// The phone now.
@MainActor
func observePhone() -> Conditions {
  let (process, device) = (ProcessInfo.processInfo, UIDevice.current)
  device.isBatteryMonitoringEnabled = true
  let status: Int
  switch process.thermalState {
  case .nominal: status = 0
  case .fair: status = 1
  case .serious: status = 3
  case .critical: status = 4
  @unknown default: status = 4
  }
  let isKnown = device.batteryState != .unknown
  return Conditions(
    at: Date(), thermalStatus: status,
    batteryPercent: isKnown ? 100 * Double(device.batteryLevel) : nil,
    batterySaver: process.isLowPowerModeEnabled,
    charging: isKnown ? device.batteryState != .unplugged : nil)
}
