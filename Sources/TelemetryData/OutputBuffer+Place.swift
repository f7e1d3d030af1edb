// SPDX-License-Identifier: Apache-2.0

extension OutputBuffer {
    /// Where to write next, kept by whoever writes; the room for what is written has been reserved.
    @usableFromInline
    package struct Place {
        @usableFromInline var pointer: UnsafeMutableRawPointer

        /// A place in memory of one's own, with room for all that will be written.
        @inlinable
        @inline(__always)
        package init(_ pointer: UnsafeMutableRawPointer) { self.pointer = pointer }

        /// How far it has come.
        @inlinable
        @inline(__always)
        package func distance(from start: UnsafeMutableRawPointer) -> Int { pointer - start }

        /// Writes a number, the least byte first.
        @inlinable
        @inline(__always)
        package mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
            pointer.storeBytes(of: number.littleEndian, as: Number.self)
            pointer += MemoryLayout<Number>.size
        }

        /// Writes a number as a varint.
        @inlinable
        @inline(__always)
        package mutating func put(varint number: UInt64) {
            var rest = number
            while rest >= 0x80 {
                put(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest &>>= 7
            }
            put(UInt8(truncatingIfNeeded: rest))
        }

        /// Writes bytes, of which there are few as a rule: then a call would cost more than the copy.
        ///
        /// Two words that overlap in the middle have any length between one and two of them.
        @inlinable
        @inline(__always)
        package mutating func put(_ source: UnsafeRawPointer?, _ count: Int) {
            guard let source, count > 0 else { return }
            if count > 32 {
                pointer.copyMemory(from: source, byteCount: count)
            } else if count >= 16 {
                copyEnds(source, count, as: SIMD2<UInt64>.self)
            } else if count >= 8 {
                copyEnds(source, count, as: UInt64.self)
            } else if count >= 4 {
                copyEnds(source, count, as: UInt32.self)
            } else {
                let middle = count &>> 1
                let (first, second, last) = (source.load(as: UInt8.self), source + middle, source + (count &- 1))
                pointer.storeBytes(of: first, as: UInt8.self)
                pointer.storeBytes(of: second.load(as: UInt8.self), toByteOffset: middle, as: UInt8.self)
                pointer.storeBytes(of: last.load(as: UInt8.self), toByteOffset: count &- 1, as: UInt8.self)
            }
            pointer += count
        }

        /// Writes a text of which the compiler knows the letters.
        @inlinable
        @inline(__always)
        package mutating func put(literal text: StaticString) {
            pointer.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
            pointer += text.utf8CodeUnitCount
        }

        @inlinable
        @inline(__always)
        func copyEnds<Word: BitwiseCopyable>(_ source: UnsafeRawPointer, _ count: Int, as type: Word.Type) {
            let end = count &- MemoryLayout<Word>.size
            let first = source.loadUnaligned(as: Word.self)
            let last = source.loadUnaligned(fromByteOffset: end, as: Word.self)
            pointer.storeBytes(of: first, as: Word.self)
            pointer.storeBytes(of: last, toByteOffset: end, as: Word.self)
        }
    }

    /// Where to write next.
    @inline(__always)
    var place: Place { Place(base + used) }

    /// Says how far somebody has written.
    @inline(__always)
    mutating func end(at place: Place) { used = place.pointer - base }
}
