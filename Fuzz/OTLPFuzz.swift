// SPDX-License-Identifier: Apache-2.0

/// What libFuzzer calls with what it has made up.
///
/// It notices traps, and memory or time without bound, by itself.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    if let complaint = OTLPInvariants.complaint(about: input) { fatalError(complaint) }
    return 0
}
