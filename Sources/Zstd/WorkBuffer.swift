/// Memory that a compressor keeps between calls.
@safe struct WorkBuffer: ~Copyable {
    private(set) var bytes: UnsafeMutableRawBufferPointer

    init() { unsafe bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0) }

    deinit { unsafe bytes.deallocate() }

    /// Replaces the memory by `byteCount` bytes, `filler` again and again; its contents are lost.
    mutating func grow(to byteCount: Int, filledWith filler: UnsafeRawBufferPointer) {
        unsafe bytes.deallocate()
        unsafe bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 16)
        var at = 0
        while at < byteCount, filler.count > 0 {
            let count = min(filler.count, byteCount - at)
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[at..<(at + count)])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: filler[0..<count]))
            at += count
        }
        if unsafe filler.isEmpty { unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0) }
    }
}
