// SPDX-License-Identifier: Apache-2.0

/// What one minute was like.
struct Minute: CustomStringConvertible {
    /// Which it was, from 1.
    var number: Int
    /// How many bytes of memory were resident, the mean of all samples.
    var resident: Int
    /// How many records were sent, and received.
    var sent: Int
    var received: Int

    var description: String {
        """
        soak.minute_\(number)_resident \(resident) B
        soak.minute_\(number)_sent \(sent / 60) per second
        soak.minute_\(number)_received \(received / 60) per second
        """
    }
}
